using System.Runtime.InteropServices;

namespace Orchestrator.Hosting;

/// <summary>The first SIGTERM or SIGINT asks for a clean end; a second one ends the program where it stands.</summary>
internal sealed class Shutdown : IDisposable
{
    private readonly CancellationTokenSource _requested = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Shutdown() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    public CancellationToken Requested => _requested.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _requested.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = !_requested.IsCancellationRequested;
        _requested.Cancel();
    }
}
