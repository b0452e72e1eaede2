using System.Globalization;

namespace Orchestrator.Agent.Cgroups;

/// <summary>Control groups of version 2.</summary>
/// <param name="mount">Where the hierarchy is mounted: <c>/sys/fs/cgroup</c>.</param>
internal sealed class CgroupsV2(string mount) : ICgroups
{
    private static readonly string[] Controllers = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"];

    public void Apply(string path, CgroupLimits limits)
    {
        var folder = Folder(path);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            Delegate(path);
        }

        if (limits.CpuShares is { } shares)
        {
            CgroupFile.Write(folder, "cpu.weight", CpuMath.Weight(shares));
        }

        if (limits.CpuQuota is { } quota)
        {
            CgroupFile.Write(folder, "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{(quota < 0 ? "max" : quota)} {limits.CpuPeriod}"));
        }

        if (limits.Memory is { } bytes)
        {
            CgroupFile.Write(folder, "memory.max", bytes < 0 ? "max" : bytes.ToString(CultureInfo.InvariantCulture));
        }
    }

    public bool Remove(string path)
    {
        var folder = Folder(path);
        return !Directory.Exists(folder) || CgroupFile.RemoveTree(folder);
    }

    public IReadOnlyList<string> Children(string path) => CgroupFile.Children(Folder(path));

    public CgroupUsage? Usage(string path)
    {
        var folder = Folder(path);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var stat = CgroupFile.ReadTable(folder, "memory.stat");
        var used = (ulong)(CgroupFile.Read(folder, "memory.current") ?? 0);
        var inactive = stat.GetValueOrDefault("inactive_file");
        return new CgroupUsage(
            CgroupFile.ReadTable(folder, "cpu.stat").GetValueOrDefault("usage_usec") * 1000,
            used,
            used > inactive ? used - inactive : 0,
            stat.GetValueOrDefault("anon"),
            stat.GetValueOrDefault("pgfault"),
            stat.GetValueOrDefault("pgmajfault"));
    }

    public CgroupLimits? Read(string path)
    {
        var folder = Folder(path);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var max = (CgroupFile.ReadText(folder, "cpu.max") ?? "max").Split(' ');
        var memory = CgroupFile.ReadText(folder, "memory.max");
        return new CgroupLimits
        {
            CpuShares = CgroupFile.Read(folder, "cpu.weight") is { } weight ? CpuMath.SharesOfWeight(weight) : null,
            CpuQuota = max[0] == "max" ? CgroupLimits.NoQuota : long.Parse(max[0], CultureInfo.InvariantCulture),
            CpuPeriod = max.Length > 1 ? long.Parse(max[1], CultureInfo.InvariantCulture) : CpuMath.Period,
            Memory = memory is null ? null : memory == "max" ? CgroupLimits.NoMemoryLimit : long.Parse(memory, CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Lets the group use the controllers that its parents have; a parent hands them down one by one.</summary>
    private void Delegate(string path)
    {
        var parent = "";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var folder = Folder(parent);
            var available = (CgroupFile.ReadText(folder, "cgroup.controllers") ?? "").Split(' ');
            foreach (var controller in Controllers.Intersect(available))
            {
                CgroupFile.Write(folder, "cgroup.subtree_control", "+" + controller);
            }

            parent += "/" + part;
        }
    }

    private string Folder(string path) => mount + path;
}
