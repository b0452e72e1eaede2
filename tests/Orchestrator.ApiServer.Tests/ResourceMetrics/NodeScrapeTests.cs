using Orchestrator.ApiServer.ResourceMetrics;

namespace Orchestrator.ApiServer.Tests.ResourceMetrics;

public sealed class NodeScrapeTests
{
    private static readonly DateTimeOffset Now = new(2031, 5, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Kubelets_text_is_read_by_container_with_the_times_that_it_gives()
    {
        var scrape = NodeScrape.Parse(
            """
            # HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds
            # TYPE container_cpu_usage_seconds_total counter
            container_cpu_usage_seconds_total{container="web",namespace="shop",pod="web-0"} 4.710169 1780041600000
            container_memory_working_set_bytes{container="web",namespace="shop",pod="web-0"} 1.2218368e+07 1780041600000
            container_start_time_seconds{container="web",namespace="shop",pod="web-0"} 1.780e+09
            pod_cpu_usage_seconds_total{namespace="shop",pod="web-0"} 4.7 1780041600000
            node_cpu_usage_seconds_total 357.35491
            node_memory_working_set_bytes 1.3e+09
            what is this
            """,
            Now);

        var container = Assert.Single(scrape.Containers);
        Assert.Equal(("shop", "web-0", "web"), container.Key);
        Assert.Equal(new ResourceUsage(4.710169, 12218368, DateTimeOffset.FromUnixTimeMilliseconds(1780041600000)), container.Value);
        Assert.Equal(new ResourceUsage(357.35491, 1.3e9, Now), scrape.Node);
    }
}
