using Orchestrator.Network.Services;

namespace Orchestrator.Network.Proxy;

/// <summary>What a Service's health check node port says: how many ready endpoints are on this node.</summary>
internal sealed record HealthCheck(ServiceKey Service, int Port, int LocalEndpoints);
