using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Cel;
using Orchestrator.Cel.Types;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>Compiles the rules of one place in a schema.</summary>
internal static class RuleCompiler
{
    public const string Self = "self";
    public const string OldSelf = "oldSelf";

    /// <summary>Compiles rules, in their order.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="type">The type of the values that they judge.</param>
    /// <param name="estimate">Whether to estimate what they cost.</param>
    public static CompiledRule[] Compile(ApiList<ValidationRule> rules, RuleType type, bool estimate)
    {
        var types = new RuleTypes(type);
        var always = CelEnvironment.Kubernetes.WithTypes(types).WithVariable(Self, type.Cel);
        CelEnvironment? plain = null;
        CelEnvironment? optional = null;
        return [.. rules.Select(rule => One(
            rule,
            rule.OptionalOldSelf == true ? optional ??= always.WithVariable(OldSelf, CelType.Optional(type.Cel)) : plain ??= always.WithVariable(OldSelf, type.Cel),
            types,
            estimate))];
    }

    private static CompiledRule One(ValidationRule rule, CelEnvironment environment, RuleTypes types, bool estimate)
    {
        if (rule.Rule.Trim().Length == 0)
        {
            return new(rule);
        }

        var compiled = environment.Compile(rule.Rule);
        if (!compiled.Succeeded)
        {
            return new(rule) { Fault = compiled.Failure };
        }

        if (!compiled.ResultType.Equals(CelType.Bool))
        {
            return new(rule) { Fault = "cel expression must evaluate to a bool" };
        }

        CelProgram? message = null;
        string? messageFault = null;
        ulong messageCost = 0;
        if (rule.MessageExpression.Trim().Length > 0)
        {
            var expression = environment.Compile(rule.MessageExpression);
            if (!expression.Succeeded)
            {
                messageFault = "messageExpression " + expression.Failure;
            }
            else if (!expression.ResultType.Equals(CelType.String))
            {
                messageFault = "messageExpression must evaluate to a string";
            }
            else
            {
                message = expression.Program;
                messageCost = estimate ? expression.EstimateCost(types).Max : 0;
            }
        }

        return new(rule)
        {
            Program = compiled.Program,
            UsesOldSelf = compiled.Uses(OldSelf),
            CostMax = estimate ? compiled.EstimateCost(types).Max : 0,
            Message = message,
            MessageFault = messageFault,
            MessageCostMax = messageCost,
        };
    }
}
