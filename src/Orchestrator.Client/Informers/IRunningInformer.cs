namespace Orchestrator.Client;

/// <summary>What the factory does with its informers, whatever their type.</summary>
internal interface IRunningInformer
{
    Task RunAsync(CancellationToken cancellationToken);

    Task WaitForSyncAsync(CancellationToken cancellationToken);
}
