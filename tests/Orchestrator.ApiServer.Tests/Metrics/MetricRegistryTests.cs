using System.Diagnostics.Metrics;
using System.Text;
using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Tests.Metrics;

public sealed class MetricRegistryTests
{
    private readonly MetricRegistry _registry = new();

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.005, "0.005")]
    [InlineData(1.25, "1.25")]
    [InlineData(100000, "100000")]
    [InlineData(1000000, "1e+06")]
    [InlineData(1234567, "1.234567e+06")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(-2500000, "-2.5e+06")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    public void Numbers_are_written_as_Go_writes_them(double value, string text) => Assert.Equal(text, MetricText.Number(value));

    [Fact]
    public void Histograms_count_up_their_buckets_and_bounds_are_inclusive()
    {
        var histogram = _registry.Histogram("h_seconds", "How long.", [0.5, 1], "verb").With("GET");
        histogram.Observe(0.5);
        histogram.Observe(0.75);
        histogram.Observe(7);
        Assert.Equal(
            """
            # HELP h_seconds How long.
            # TYPE h_seconds histogram
            h_seconds_bucket{verb="GET",le="0.5"} 1
            h_seconds_bucket{verb="GET",le="1"} 2
            h_seconds_bucket{verb="GET",le="+Inf"} 3
            h_seconds_sum{verb="GET"} 8.25
            h_seconds_count{verb="GET"} 3

            """,
            Text());
    }

    [Fact]
    public void Label_values_are_escaped_and_families_come_in_the_order_of_their_names()
    {
        _registry.Gauge("b", "Second.").With().Value = 2;
        _registry.Counter("a_total", "First.", "path").With("x\"\\\n").Increment();
        Assert.Equal("# HELP a_total First.\n# TYPE a_total counter\na_total{path=\"x\\\"\\\\\\n\"} 1\n# HELP b Second.\n# TYPE b gauge\nb 2\n", Text());
    }

    [Fact]
    public void What_other_rooms_measure_is_taken_in_with_its_tags()
    {
        using var bridge = new MeterBridge(_registry);
        using var meter = new Meter(new MeterOptions("Orchestrator.Test.Rooms") { Tags = [new("name", "jobs")] });
        using var foreign = new Meter("Foreign");
        foreign.CreateCounter<long>("foreign_total").Add(1);
        meter.CreateCounter<long>("adds_total", description: "Adds.").Add(3);
        meter.CreateHistogram("work_seconds", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1.0] }).Record(2.0);
        meter.CreateUpDownCounter<long>("pending").Add(5, new KeyValuePair<string, object?>("queue", "active"));
        meter.CreateObservableGauge("depth", () => 7L);
        bridge.Poll();
        var text = Text();
        Assert.Contains("adds_total{name=\"jobs\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("work_seconds_bucket{name=\"jobs\",le=\"1\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("pending{name=\"jobs\",queue=\"active\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("depth{name=\"jobs\"} 7\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("foreign_total", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Counting_and_observing_allocate_nothing()
    {
        var counter = _registry.Counter("c_total", "").With();
        var histogram = _registry.Histogram("h", "", MetricRegistry.RequestBuckets).With();
        var series = new RequestSeries(_ => counter, histogram, histogram, histogram, static () => new Gauge());
        series.Answered(200, TimeSpan.FromMilliseconds(1), TimeSpan.Zero, 10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            series.Answered(200, TimeSpan.FromMilliseconds(i), TimeSpan.Zero, 10);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(1001, counter.Value);
    }

    private string Text() => Encoding.UTF8.GetString(_registry.Write());
}
