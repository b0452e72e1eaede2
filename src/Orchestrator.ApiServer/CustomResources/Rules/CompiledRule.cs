using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Cel;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>A validation rule made ready to run, or why it cannot.</summary>
internal sealed class CompiledRule
{
    public CompiledRule(ValidationRule source) => Source = source;

    public ValidationRule Source { get; }

    /// <summary>Null for an empty rule, or one that does not compile.</summary>
    public CelProgram? Program { get; init; }

    /// <summary>Null without a message expression, or if it does not compile.</summary>
    public CelProgram? Message { get; init; }

    /// <summary>What is wrong with the rule; null if nothing is.</summary>
    public string? Fault { get; init; }

    /// <summary>What is wrong with the message expression; null if nothing is.</summary>
    public string? MessageFault { get; init; }

    /// <summary>The rule compares with the value before.</summary>
    public bool UsesOldSelf { get; init; }

    public ulong CostMax { get; init; }

    public ulong MessageCostMax { get; init; }

    /// <summary>The rule as messages name it.</summary>
    public string Text => Source.Message.Length > 0 ? Source.Message.Trim() : Source.Rule.Trim();

    /// <summary>The message of objects that break the rule.</summary>
    public string Detail => Source.Message.Length > 0 ? Source.Message.Trim() : "failed rule: " + Source.Rule.Trim();
}
