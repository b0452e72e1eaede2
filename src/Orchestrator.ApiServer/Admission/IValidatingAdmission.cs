namespace Orchestrator.ApiServer.Admission;

/// <summary>Judges objects as they would be stored. Changes nothing.</summary>
public interface IValidatingAdmission : IAdmissionPlugin
{
    /// <exception cref="Machinery.ApiException">The request is refused.</exception>
    ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken);
}
