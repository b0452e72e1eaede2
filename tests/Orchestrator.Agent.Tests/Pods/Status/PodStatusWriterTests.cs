using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Agent.Pods.Status;

namespace Orchestrator.Agent.Tests.Pods.Status;

public sealed class PodStatusWriterTests
{
    [Fact]
    public async Task Of_statuses_that_wait_the_newest_is_written_and_what_is_to_be_kept()
    {
        var written = new List<string>();
        var first = new TaskCompletionSource();
        await using var writer = new PodStatusWriter(
            async (pod, status, _) =>
            {
                written.Add(status.Message);
                await first.Task;
                return pod;
            },
            TimeProvider.System,
            NullLogger<PodStatusWriter>.Instance);

        writer.Write(new(), new() { Message = "skipped" });
        writer.Write(new(), new() { Message = "kept" }, keep: true);
        writer.Write(new(), new() { Message = "skipped, too" });
        writer.Write(new(), new() { Message = "newest" });
        first.SetResult();
        await writer.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["kept", "newest"], written.Where(w => w != "skipped"));
    }
}
