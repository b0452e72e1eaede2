using Orchestrator.Agent.Linux;

namespace Orchestrator.Agent.Tests.Pods;

public sealed class SysctlNameTests
{
    [Theory]
    [InlineData("kernel.shm_rmid_forced", "kernel.shm_rmid_forced")]
    [InlineData("kernel/shm_rmid_forced", "kernel.shm_rmid_forced")]
    [InlineData("net/ipv4/conf/eno2.100/rp_filter", "net.ipv4.conf.eno2/100.rp_filter")]
    [InlineData("net.ipv4.conf.eno2/100.rp_filter", "net.ipv4.conf.eno2/100.rp_filter")]
    public void Name_with_slashes_is_the_one_with_dots(string written, string name) => Assert.Equal(name, SysctlName.Normalize(written));
}
