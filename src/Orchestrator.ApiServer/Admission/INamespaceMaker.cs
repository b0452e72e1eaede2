namespace Orchestrator.ApiServer.Admission;

/// <summary>Makes namespaces, as the server itself.</summary>
public interface INamespaceMaker
{
    /// <summary>Makes it; no objection if somebody else did meanwhile.</summary>
    /// <exception cref="Machinery.ApiException">It may not be made.</exception>
    ValueTask MakeAsync(string name, CancellationToken cancellationToken);
}
