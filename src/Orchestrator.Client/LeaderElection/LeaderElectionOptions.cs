using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>Who elects what. The times are upstream's defaults.</summary>
public sealed record LeaderElectionOptions
{
    /// <summary>The Lease.</summary>
    public required ObjectKey Lease { get; init; }

    /// <summary>This candidate's name; unique.</summary>
    public required string Identity { get; init; }

    /// <summary>How long others wait for a leader that is silent. Longer: slower take-over.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a leader that cannot renew goes on. Must be shorter than the lease.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a leader renews and a candidate looks.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);
}
