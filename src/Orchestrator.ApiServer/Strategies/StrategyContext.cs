using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>What a strategy may know of the request: who, when, and where warnings go.</summary>
public sealed class StrategyContext
{
    public required UserInfo User { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Texts for Warning headers, in order.</summary>
    public List<string> Warnings { get; } = [];

    public bool DryRun { get; init; }
}
