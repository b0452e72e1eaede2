using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>Everything that the server measures, put together.</summary>
internal sealed class ServerMetrics : IDisposable
{
    public ServerMetrics(ResourceRegistry registry, TimeProvider time)
    {
        ProcessMetrics.AddTo(Registry);
        Bridge = new MeterBridge(Registry);
        Requests = new RequestInstruments(Registry, registry);
        Access = new AccessInstruments(Registry);
        Admission = new AdmissionInstruments(Registry, time);
        Endpoint = new MetricsEndpoint(Registry, Bridge, Slis);
    }

    public MetricRegistry Registry { get; } = new();

    /// <summary>What /metrics/slis tells: whether the health checks pass, for service level indicators.</summary>
    public MetricRegistry Slis { get; } = new();

    public RequestInstruments Requests { get; }

    public AccessInstruments Access { get; }

    public AdmissionInstruments Admission { get; }

    public MetricsEndpoint Endpoint { get; }

    private MeterBridge Bridge { get; }

    public void Dispose() => Bridge.Dispose();
}
