namespace Orchestrator.Storage.Tests.Etcd;

/// <summary>One etcd for a class of tests; each test has keys of its own.</summary>
public sealed class EtcdFixture : IDisposable
{
    private int _prefixes;

    internal EtcdProcess Etcd { get; } = EtcdProcess.Start();

    public string NewPrefix() => $"/test-{Interlocked.Increment(ref _prefixes)}/";

    public void Dispose() => Etcd.Dispose();
}
