using System.Globalization;

namespace Orchestrator.Agent.Cgroups;

/// <summary>Control groups of version 1, also beside a unified hierarchy that has no controllers (hybrid).</summary>
/// <param name="mount">Where the hierarchies are mounted, one folder each: <c>/sys/fs/cgroup</c>.</param>
internal sealed class CgroupsV1(string mount) : ICgroups
{
    // A value at or above this is the kernel's way to say "none"; it is the largest page-aligned one.
    private const long MemoryNone = 0x7FFF_FFFF_FFFF_F000;

    public void Apply(string path, CgroupLimits limits)
    {
        var cpu = Folder("cpu", path);
        var memory = Folder("memory", path);
        Directory.CreateDirectory(cpu);
        Directory.CreateDirectory(memory);
        if (Directory.Exists(Path.Combine(mount, "pids")))
        {
            Directory.CreateDirectory(Folder("pids", path));
        }

        if (limits.CpuShares is { } shares)
        {
            CgroupFile.Write(cpu, "cpu.shares", shares);
        }

        if (limits.CpuQuota is { } quota)
        {
            CgroupFile.Write(cpu, "cpu.cfs_period_us", limits.CpuPeriod);
            CgroupFile.Write(cpu, "cpu.cfs_quota_us", quota);
        }

        if (limits.Memory is { } bytes)
        {
            CgroupFile.Write(memory, "memory.limit_in_bytes", bytes);
        }
    }

    public bool Remove(string path)
    {
        var gone = true;
        foreach (var hierarchy in Directory.EnumerateDirectories(mount))
        {
            var folder = hierarchy + path;
            gone &= !Directory.Exists(folder) || CgroupFile.RemoveTree(folder);
        }

        return gone;
    }

    public IReadOnlyList<string> Children(string path) => CgroupFile.Children(Folder("memory", path));

    public CgroupUsage? Usage(string path)
    {
        var memory = Folder("memory", path);
        if (!Directory.Exists(memory))
        {
            return null;
        }

        var stat = CgroupFile.ReadTable(memory, "memory.stat");
        var used = (ulong)(CgroupFile.Read(memory, "memory.usage_in_bytes") ?? 0);
        var inactive = stat.GetValueOrDefault("total_inactive_file");
        return new CgroupUsage(
            (ulong)(CgroupFile.Read(Folder("cpuacct", path), "cpuacct.usage") ?? 0),
            used,
            used > inactive ? used - inactive : 0,
            stat.GetValueOrDefault("total_rss"),
            stat.GetValueOrDefault("total_pgfault"),
            stat.GetValueOrDefault("total_pgmajfault"));
    }

    public CgroupLimits? Read(string path)
    {
        var cpu = Folder("cpu", path);
        var memory = CgroupFile.Read(Folder("memory", path), "memory.limit_in_bytes");
        return !Directory.Exists(cpu) ? null : new CgroupLimits
        {
            CpuShares = CgroupFile.Read(cpu, "cpu.shares"),
            CpuQuota = CgroupFile.Read(cpu, "cpu.cfs_quota_us"),
            CpuPeriod = CgroupFile.Read(cpu, "cpu.cfs_period_us") ?? CpuMath.Period,
            Memory = memory >= MemoryNone ? CgroupLimits.NoMemoryLimit : memory,
        };
    }

    private string Folder(string controller, string path) => Path.Combine(mount, controller) + path;
}
