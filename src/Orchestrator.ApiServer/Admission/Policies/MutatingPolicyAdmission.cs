using Orchestrator.Api;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Lets mutating admission policies change objects, one after the other.</summary>
internal sealed class MutatingPolicyAdmission(PolicyIndex index, PolicyScope scope) : IMutatingAdmission
{
    private const long Budget = 10_000_000;

    public string Name => "MutatingAdmissionPolicy";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && !PolicyScope.IsExempt(resource);

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        index.Mutating is { Length: > 0 } policies && attributes.Object is ApiObject ? MutateAsync(policies, attributes, cancellationToken) : default;

    private async ValueTask MutateAsync(BoundPolicy[] policies, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var round = attributes.PolicyRound ??= new PolicyRound();
        var faults = new List<string>();
        foreach (var bound in policies)
        {
            var policy = bound.Policy.Value;
            if (!scope.Matches(policy.Match, attributes, out var matched))
            {
                continue;
            }

            if (policy.ParamKind is { } kind && !scope.Parameters.IsKnown(kind))
            {
                if (!policy.FailsOpen)
                {
                    faults.Add($"policy '{policy.Name}' denied request: failed to configure policy: failed to find resource referenced by paramKind: '{kind.ApiVersion}, Kind={kind.Kind}'");
                }

                continue;
            }

            foreach (var binding in bound.Bindings)
            {
                if (binding.Match is null || scope.Matches(binding.Match, attributes, out _))
                {
                    await MutateAsync(policy, binding, matched, attributes, round, faults, cancellationToken);
                }
            }
        }

        if (faults.Count > 0)
        {
            throw PolicyDenial.Mutating(attributes, faults);
        }
    }

    private async ValueTask MutateAsync(
        CompiledPolicy policy, PolicyBinding binding, ResourceInfo matched, AdmissionAttributes attributes, PolicyRound round, List<string> faults, CancellationToken cancellationToken)
    {
        var (parameters, fault) = await scope.Parameters.FindAsync(policy.ParamKind, binding.Parameters, attributes.Is("", "namespaces") ? "" : attributes.Namespace, cancellationToken);
        if (fault.Length > 0)
        {
            Add($"failed to configure binding: {fault}");
            return;
        }

        var ns = scope.NamespaceOf(attributes);
        var authorizer = new PolicyAuthorizer(scope.Authorizers, attributes.User);
        foreach (var parameter in parameters)
        {
            var id = $"{policy.Name}/{binding.Name}/{parameter?.Metadata.Namespace}/{parameter?.Metadata.Name}";
            if (attributes.IsReinvocation && !round.ToRepeat.Contains(id))
            {
                continue;
            }

            var (converted, old) = await scope.Versions.ConvertAsync(attributes, matched, cancellationToken);
            var current = (ApiObject)converted!;
            var activation = new PolicyActivation(attributes, matched, current, old, ns, parameter, authorizer, policy.Variables);
            if (policy.Conditions is { } conditions && !conditions.Hold(activation, out var conditionError))
            {
                if (conditionError.Length > 0)
                {
                    Add(conditionError);
                }

                continue;
            }

            var before = current;
            foreach (var mutation in policy.Mutations)
            {
                var budget = Budget;
                var result = activation.Evaluate(mutation.Expression, ref budget);
                if (result.Error.Length > 0)
                {
                    Add(result.Error);
                    continue;
                }

                var mutated = mutation.IsJsonPatch
                    ? ObjectMutation.Patch(current, matched, result.Value, out var why)
                    : ObjectMutation.Merge(current, result.Value, out why);
                if (why.Length > 0)
                {
                    Add(why);
                    continue;
                }

                current = mutated;
                activation.SetObject(current);
            }

            if (!ReferenceEquals(current, before) && !current.Equals(before))
            {
                var result = current.DeepCopy();
                Defaulting.Apply(result);
                await scope.Versions.TakeOverAsync(result, attributes, matched, cancellationToken);
                round.ObjectChanged();
                attributes.NeedsReinvocation |= !attributes.IsReinvocation;
            }

            if (policy.Repeats)
            {
                round.Seen.Add(id);
            }
        }

        void Add(string message)
        {
            if (!policy.FailsOpen)
            {
                faults.Add($"policy '{policy.Name}' with binding '{binding.Name}' denied request: {message}");
            }
        }
    }
}
