namespace Orchestrator.Network.Policy;

/// <summary>How policies are enforced.</summary>
internal sealed record PolicyOptions
{
    /// <summary>The nftables table, this instance's alone.</summary>
    public required string Table { get; init; }

    public required string NodeName { get; init; }

    /// <summary>The rules as they were last, for a start without control plane.</summary>
    public required string RulesFile { get; init; }

    /// <summary>Pods come in bursts, and each pass looks at all of them; so long is waited for more. 50 ms by default.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often the kernel is asked whether the table is still there; a minute by default.</summary>
    public TimeSpan CheckEvery { get; init; } = TimeSpan.FromMinutes(1);
}
