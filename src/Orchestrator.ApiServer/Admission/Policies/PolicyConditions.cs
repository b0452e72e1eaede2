namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Conditions that must hold before a policy or webhook is asked.</summary>
internal sealed class PolicyConditions(IReadOnlyList<PolicyExpression> conditions)
{
    /// <summary>What the conditions of one policy may cost together.</summary>
    private const long Budget = 2_500_000;

    /// <summary>Whether all hold: false wins over an error, of which <paramref name="error"/> tells.</summary>
    public bool Hold(PolicyActivation activation, out string error)
    {
        error = "";
        var remaining = Budget;
        var errors = new List<string>();
        foreach (var condition in conditions)
        {
            var result = activation.Evaluate(condition, ref remaining);
            if (result.OutOfBudget)
            {
                error = result.Error;
                return false;
            }

            if (result.Error.Length > 0)
            {
                errors.Add(result.Error);
            }
            else if (result.Value.IsFalse)
            {
                return false;
            }
        }

        if (errors.Count == 0)
        {
            return true;
        }

        var distinct = errors.Distinct().ToList();
        error = distinct.Count == 1 ? distinct[0] : $"[{string.Join(", ", distinct)}]";
        return false;
    }
}
