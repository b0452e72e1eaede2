using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Http;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>/metrics and /metrics/slis. Who may read them is the authorizers' business, as of every other path.</summary>
internal sealed class MetricsEndpoint(MetricRegistry metrics, MeterBridge bridge, MetricRegistry slis)
{
    public ValueTask WriteAsync(HttpContext context)
    {
        bridge.Poll();
        return Responses.WriteBytesAsync(context, 200, MetricText.ContentType, metrics.Write(), context.RequestAborted);
    }

    public ValueTask WriteSlisAsync(HttpContext context) =>
        Responses.WriteBytesAsync(context, 200, MetricText.ContentType, slis.Write(), context.RequestAborted);
}
