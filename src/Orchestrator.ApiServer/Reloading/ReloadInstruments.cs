using System.Security.Cryptography;
using System.Text;
using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Reloading;

/// <summary>How often a configuration was loaded anew, and which is in force.</summary>
internal sealed class ReloadInstruments
{
    // Metrics are of one server among several; upstream tells them apart by such a hash.
    private static readonly string Server = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Environment.MachineName)));

    private readonly SeriesFamily<Counter> _reloads;
    private readonly SeriesFamily<Gauge> _times;
    private string _hash = "";

    /// <param name="metrics">Where they are shown.</param>
    /// <param name="what">authentication or authorization.</param>
    public ReloadInstruments(MetricRegistry metrics, string what)
    {
        var prefix = $"apiserver_{what}_config_controller_";
        _reloads = metrics.Counter(
            prefix + "automatic_reloads_total", $"[BETA] Total number of automatic reloads of {what} configuration split by status and apiserver identity.", "apiserver_id_hash", "status");
        _times = metrics.Gauge(
            prefix + "automatic_reload_last_timestamp_seconds",
            $"[BETA] Timestamp of the last automatic reload of {what} configuration split by status and apiserver identity.",
            "apiserver_id_hash",
            "status");
        metrics.Polled(
            prefix + "last_config_info",
            $"[ALPHA] Information about the last applied {what} configuration with hash as label, split by apiserver identity.",
            ["apiserver_id_hash", "hash"],
            () => [([Server, _hash], 1)]);
    }

    public void Applied(string hash) => _hash = hash;

    public void Succeeded(DateTimeOffset at, string hash)
    {
        Applied(hash);
        Count("success", at);
    }

    public void Failed(DateTimeOffset at) => Count("failure", at);

    private void Count(string status, DateTimeOffset at)
    {
        _reloads.With(Server, status).Increment();
        _times.With(Server, status).Value = at.ToUnixTimeMilliseconds() / 1000.0;
    }
}
