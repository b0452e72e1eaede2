namespace Orchestrator.Scheduler.Hosting;

/// <summary>Registrations that end together.</summary>
internal sealed class Subscriptions : IDisposable
{
    private readonly List<IDisposable> _all = [];

    public void Add(IDisposable registration) => _all.Add(registration);

    public void Dispose()
    {
        foreach (var registration in _all)
        {
            registration.Dispose();
        }
    }
}
