namespace Orchestrator.Agent.Cgroups;

/// <summary>From thousandths of a core to what the kernel takes.</summary>
internal static class CpuMath
{
    /// <summary>Length of the quota's period in microseconds.</summary>
    public const long Period = 100_000;

    private const long SharesMin = 2;
    private const long SharesMax = 262_144;
    private const long SharesPerCore = 1024;
    private const long QuotaMin = 1000;

    /// <summary>The weight for a request.</summary>
    public static long Shares(long millis) => millis == 0 ? SharesMin : Math.Clamp(millis * SharesPerCore / 1000, SharesMin, SharesMax);

    /// <summary>The quota for a limit; 0 for no limit.</summary>
    public static long Quota(long millis) => millis == 0 ? 0 : Math.Max(millis * Period / 1000, QuotaMin);

    /// <summary>The request that a weight stands for, rounded as the kubelet does.</summary>
    public static long MillisOfShares(long shares) => (long)Math.Ceiling(shares * 1000.0 / SharesPerCore);

    /// <summary>The limit that a quota stands for.</summary>
    public static long MillisOfQuota(long quota, long period) => quota <= 0 || period <= 0 ? 0 : quota * 1000 / period;

    /// <summary>The v2 weight (1 to 10000) for v1 shares (2 to 262144), linear as container runtimes map it.</summary>
    public static long Weight(long shares) => 1 + (Math.Clamp(shares, SharesMin, SharesMax) - 2) * 9999 / 262_142;

    /// <summary>The v1 shares for a v2 weight.</summary>
    public static long SharesOfWeight(long weight) => 2 + (weight - 1) * 262_142 / 9999;
}
