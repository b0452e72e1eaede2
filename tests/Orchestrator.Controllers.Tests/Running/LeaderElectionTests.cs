using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.Running;

[Collection(SharedCluster.Name)]
public sealed class LeaderElectionTests(RunningCluster cluster)
{
    [Fact]
    public async Task One_of_two_leads_and_the_other_follows_when_it_stops()
    {
        var lease = new ObjectKey("default", "of-two");
        await using var first = new Candidate(cluster.Client, lease, "first");
        await first.Leads.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await using var second = new Candidate(cluster.Client, lease, "second");
        Assert.False(second.Leads.Task.IsCompleted);

        await first.DisposeAsync();

        await second.Leads.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(first.Stopped.Task.IsCompleted);
        var held = (await cluster.Client.GetAsync<Lease>(lease, default)).Value;
        Assert.Equal("second", held.Spec.HolderIdentity);
        Assert.Equal(1, held.Spec.LeaseTransitions);
    }

    [Fact]
    public async Task Leader_whose_lease_is_taken_stops_its_work()
    {
        var lease = new ObjectKey("default", "taken");
        await using var leader = new Candidate(cluster.Client, lease, "leader");
        await leader.Leads.Task.WaitAsync(TimeSpan.FromSeconds(60));

        await RunningCluster.UntilAsync(
            async () =>
            {
                var held = (await cluster.Client.GetAsync<Lease>(lease, default)).Value;
                return await cluster.Client.UpdateAsync(held with { Spec = held.Spec with { HolderIdentity = "usurper", LeaseDurationSeconds = 3600, RenewTime = TimeProvider.System.GetUtcNow() } }, default);
            },
            static l => l.IsOk);

        await leader.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private sealed class Candidate : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _run;
        private bool _disposed;

        public Candidate(IClusterClient client, ObjectKey lease, string identity)
        {
            var elector = new LeaderElector(
                client,
                new() { Lease = lease, Identity = identity, LeaseDuration = TimeSpan.FromSeconds(30), RenewDeadline = TimeSpan.FromSeconds(20), RetryPeriod = TimeSpan.FromMilliseconds(100) },
                TimeProvider.System,
                new Random(1),
                events: null,
                NullLogger<LeaderElector>.Instance);
            _run = elector.RunAsync(
                async term =>
                {
                    Leads.TrySetResult();
                    try
                    {
                        await Task.Delay(Timeout.InfiniteTimeSpan, term);
                    }
                    catch (OperationCanceledException)
                    {
                        Stopped.TrySetResult();
                    }
                },
                _stop.Token);
        }

        public TaskCompletionSource Leads { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask DisposeAsync()
        {
            if (!_disposed)
            {
                _disposed = true;
                await _stop.CancelAsync();
                await _run;
                _stop.Dispose();
            }
        }
    }
}
