namespace Orchestrator.Controllers;

/// <summary>A part of the controller manager. It has asked for its informers when constructed, and acts only in <see cref="RunAsync"/>.</summary>
internal interface IController
{
    string Name { get; }

    /// <summary>Works until cancelled; called once the informers have synced.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
