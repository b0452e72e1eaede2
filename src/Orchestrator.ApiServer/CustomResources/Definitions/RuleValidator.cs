using System.Globalization;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.CustomResources.Rules;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>Judges the validation rules of definitions: their words, whether they compile, and what they may cost.</summary>
internal sealed class RuleValidator : IRuleValidator
{
    /// <summary>What one rule may cost for one object, by estimate.</summary>
    private const ulong RuleCostMax = 10_000_000;

    public void Validate(JSONSchemaProps schema, FieldPath path, SchemaScope scope, RuleSite? site, FieldErrorList errors, FieldErrorList ruleErrors, bool compile)
    {
        var before = errors.Count;
        RuleTextValidator.Validate(schema, path, errors);
        if (site is null || !compile || errors.Count > before)
        {
            return;
        }

        var at = path.Child("x-kubernetes-validations");
        if (RuleType.From(schema, site.IsRoot || schema.XEmbeddedResource) is not { } type)
        {
            ruleErrors.Internal(at, "failed to retrieve type information for x-kubernetes-validations");
            return;
        }

        // How many values there can be at all, when the schema does not bound them.
        var cardinality = site.Cardinality ?? (ulong)(RuleType.RequestBytesMax / (type.BytesMin + 1));
        var rules = RuleCompiler.Compile(schema.XValidations, type, estimate: true);
        for (var i = 0; i < rules.Length; i++)
        {
            One(rules[i], at.Index(i), cardinality, scope, site, ruleErrors);
        }
    }

    public void Finish(RuleSite root, FieldPath path, FieldErrorList errors)
    {
        if (root.Costs.Total <= RuleCosts.SchemaCostMax)
        {
            return;
        }

        foreach (var expensive in root.Costs.MostExpensive)
        {
            errors.Forbidden(expensive, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema");
        }

        errors.Forbidden(path, TooExpensive("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", root.Costs.Total, RuleCosts.SchemaCostMax));
    }

    private static void One(CompiledRule rule, FieldPath at, ulong cardinality, SchemaScope scope, RuleSite site, FieldErrorList errors)
    {
        var cost = RuleCosts.Multiply(rule.CostMax, cardinality);
        if (cost > RuleCostMax && !site.IsUnchanged)
        {
            errors.Forbidden(at, "rule", TooExpensive("estimated rule cost", cost, RuleCostMax));
        }

        site.Costs.Add(at.Child("rule"), cost);
        if (rule.Fault is { } fault)
        {
            errors.Invalid(at, "rule", new InternalValue(rule.Source), fault);
        }

        if (rule.MessageFault is { } messageFault)
        {
            errors.Invalid(at, "messageExpression", new InternalValue(rule.Source), messageFault);
        }
        else if (rule.Message is not null)
        {
            if (rule.MessageCostMax > RuleCostMax && !site.IsUnchanged)
            {
                errors.Forbidden(at, "messageExpression", TooExpensive("estimated messageExpression cost", rule.MessageCostMax, RuleCostMax));
            }

            site.Costs.Add(at.Child("messageExpression"), rule.MessageCostMax);
        }

        if (rule.UsesOldSelf)
        {
            if (scope.Uncorrelatable is { } portion)
            {
                errors.Invalid(at, "rule", rule.Source.Rule, "oldSelf cannot be used on the uncorrelatable portion of the schema within " + portion);
            }
        }
        else if (rule.Source.OptionalOldSelf is { } optional)
        {
            errors.Invalid(at, "optionalOldSelf", optional, "may not be set if oldSelf is not used in rule");
        }
    }

    private static string TooExpensive(string what, ulong cost, ulong limit)
    {
        var factor = (double)cost / limit;
        var text = factor > 100 ? "more than 100x" : factor.ToString(factor < 1.5 ? "F6" : "F1", CultureInfo.InvariantCulture) + "x";
        return $"{what} exceeds budget by factor of {text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    }
}
