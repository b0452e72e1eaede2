using Microsoft.Extensions.Hosting;

namespace Orchestrator.Hosting;

/// <summary>The program sees to signals itself (<see cref="Shutdown"/>); its hosts end by their tokens.</summary>
internal sealed class SignalsElsewhere : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
