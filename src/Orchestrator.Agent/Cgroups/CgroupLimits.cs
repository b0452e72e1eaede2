namespace Orchestrator.Agent.Cgroups;

/// <summary>Limits of a control group; null leaves what is there.</summary>
internal sealed record CgroupLimits
{
    /// <summary>Quota value that lifts the limit.</summary>
    public const long NoQuota = -1;

    /// <summary>Memory value that lifts the limit.</summary>
    public const long NoMemoryLimit = -1;

    /// <summary>Relative weight of its processor time, 1024 for one core.</summary>
    public long? CpuShares { get; init; }

    /// <summary>Microseconds of processor time in each period of <see cref="CpuPeriod"/>.</summary>
    public long? CpuQuota { get; init; }

    /// <summary>Length of the period in microseconds.</summary>
    public long CpuPeriod { get; init; } = CpuMath.Period;

    /// <summary>Bytes of memory.</summary>
    public long? Memory { get; init; }
}
