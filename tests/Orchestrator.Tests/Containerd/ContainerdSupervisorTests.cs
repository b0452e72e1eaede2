using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Containerd;
using Orchestrator.Images;

namespace Orchestrator.Tests.Containerd;

/// <summary>With a real containerd below a temporary directory.</summary>
public sealed class ContainerdSupervisorTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ContainerdOptions _options;

    public ContainerdSupervisorTests() =>
        _options = new() { Directory = _directory["c"], CniConfigurationDirectory = _directory["cni"], CheckInterval = TimeSpan.FromMilliseconds(50) };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (Running() is { } pid)
        {
            using var containerd = Process.GetProcessById(pid);
            containerd.Kill();
            await containerd.WaitForExitAsync();
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Live_containerd_is_adopted_and_a_dead_one_replaced()
    {
        await NewSupervisor().EnsureRunningAsync(CancellationToken.None);
        var first = Running();
        Assert.NotNull(first);

        // A second program on the same directory, as after a kill -9 of the first.
        var supervisor = NewSupervisor();
        await supervisor.EnsureRunningAsync(CancellationToken.None);
        Assert.Equal(first, Running());

        using var stop = new CancellationTokenSource();
        var running = supervisor.RunAsync(stop.Token);
        using (var containerd = Process.GetProcessById(first.Value))
        {
            containerd.Kill();
            await containerd.WaitForExitAsync();
        }

        var watch = Stopwatch.StartNew();
        while (Running() is null || !ContainerdProcess.IsAnswering(_options.Socket))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "no containerd was started for the dead one");
            await Task.Delay(20);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.NotNull(Running());
    }

    [Fact]
    public async Task Images_made_here_are_there_after_an_import()
    {
        await NewSupervisor().EnsureRunningAsync(CancellationToken.None);
        var importer = new ImageImporter(_options.Socket);
        Assert.False(await importer.HasAsync(LocalImages.PauseName, CancellationToken.None));

        await importer.ImportAsync([LocalImages.Pause()], CancellationToken.None);
        Assert.True(await importer.HasAsync(LocalImages.PauseName, CancellationToken.None));
    }

    private int? Running() => new ContainerdProcess(_options, TimeProvider.System).FindRunning();

    private ContainerdSupervisor NewSupervisor() => new(_options, TimeProvider.System, NullLogger<ContainerdSupervisor>.Instance);
}
