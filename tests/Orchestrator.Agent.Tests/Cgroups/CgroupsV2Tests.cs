using Orchestrator.Agent.Cgroups;

namespace Orchestrator.Agent.Tests.Cgroups;

/// <summary>Version 2: its files in a folder that stands for the kernel's, and a real hierarchy where the machine has one.</summary>
public sealed class CgroupsV2Tests : IDisposable
{
    private const string Pod = "/kubepods/pod1";

    private readonly string _mount = Directory.CreateTempSubdirectory("cgroup-tests-").FullName;

    public void Dispose() => Directory.Delete(_mount, recursive: true);

    [Fact]
    public void Limits_are_written_in_the_kernels_words_and_read_back()
    {
        Given("cpu.weight", "cpu.max", "memory.max");
        var groups = new CgroupsV2(_mount);
        var limits = new CgroupLimits { CpuShares = 1024, CpuQuota = 50_000, CpuPeriod = 100_000, Memory = 64 << 20 };

        groups.Apply(Pod, limits);

        Assert.Equal("39", Text("cpu.weight"));
        Assert.Equal("50000 100000", Text("cpu.max"));
        Assert.Equal("67108864", Text("memory.max"));
        Assert.Equal(limits with { CpuShares = CpuMath.SharesOfWeight(39) }, groups.Read(Pod));
    }

    [Fact]
    public void No_limit_is_max()
    {
        Given("cpu.weight", "cpu.max", "memory.max");
        var groups = new CgroupsV2(_mount);

        groups.Apply(Pod, new CgroupLimits { CpuQuota = CgroupLimits.NoQuota, CpuPeriod = 100_000, Memory = CgroupLimits.NoMemoryLimit });

        Assert.Equal("max 100000", Text("cpu.max"));
        Assert.Equal("max", Text("memory.max"));
        Assert.Equal((CgroupLimits.NoQuota, CgroupLimits.NoMemoryLimit), (groups.Read(Pod)!.CpuQuota, groups.Read(Pod)!.Memory));
    }

    [Fact]
    public void Usage_leaves_out_the_page_cache_that_can_go()
    {
        Given("cpu.weight");
        File.WriteAllText(Path.Combine(_mount + Pod, "cpu.stat"), "usage_usec 1500\nuser_usec 1000\n");
        File.WriteAllText(Path.Combine(_mount + Pod, "memory.current"), "1000\n");
        File.WriteAllText(Path.Combine(_mount + Pod, "memory.stat"), "anon 600\ninactive_file 300\npgfault 7\npgmajfault 2\n");

        Assert.Equal(new CgroupUsage(1_500_000, 1000, 700, 600, 7, 2), new CgroupsV2(_mount).Usage(Pod));
        Assert.Null(new CgroupsV2(_mount).Usage("/kubepods/absent"));
    }

    [Fact]
    public void Groups_come_and_go_in_a_real_hierarchy()
    {
        var mount = new[] { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" }.FirstOrDefault(m => File.Exists(m + "/cgroup.controllers"));
        Assert.SkipWhen(mount is null, "this machine has no hierarchy of version 2");
        var groups = new CgroupsV2(mount);
        var top = "/cgroup-tests-" + Path.GetFileName(_mount);
        try
        {
            groups.Apply(top + "/a/b", new CgroupLimits());

            Assert.Equal(["a"], groups.Children(top));
            Assert.Equal(["b"], groups.Children(top + "/a"));
            Assert.NotNull(groups.Usage(top + "/a/b"));
        }
        finally
        {
            Assert.True(groups.Remove(top));
        }

        Assert.Null(groups.Usage(top));
    }

    /// <summary>A group with files that hold nothing yet, as the kernel would make it.</summary>
    private void Given(params string[] files)
    {
        Directory.CreateDirectory(_mount + Pod);
        foreach (var file in files)
        {
            File.WriteAllText(Path.Combine(_mount + Pod, file), "");
        }
    }

    private string Text(string file) => File.ReadAllText(Path.Combine(_mount + Pod, file));
}
