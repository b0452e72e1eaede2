namespace Orchestrator.ApiServer.Services;

/// <summary>Where and through which client requests to a service are sent.</summary>
/// <param name="Client">Trusts the service's CA and expects its name.</param>
/// <param name="Address">The endpoint to connect to, with the path.</param>
/// <param name="Host">The Host header: the service's own name.</param>
/// <param name="Shown">The address as messages tell it.</param>
internal sealed record ServiceTarget(HttpClient Client, Uri Address, string Host, string Shown);
