namespace Orchestrator.ApiServer.Admission;

/// <summary>Changes objects before they are validated.</summary>
public interface IMutatingAdmission : IAdmissionPlugin
{
    /// <summary>Changes <see cref="AdmissionAttributes.Object"/> in place, or refuses.</summary>
    /// <exception cref="Machinery.ApiException">The request is refused.</exception>
    ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken);
}
