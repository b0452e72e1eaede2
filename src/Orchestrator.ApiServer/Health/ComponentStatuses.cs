using System.Net.Security;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Health;

/// <summary>How the store, the controllers and the scheduler do, as <c>kubectl get componentstatuses</c> shows it.</summary>
/// <param name="store">Stands for etcd.</param>
/// <param name="local">Those that run in this process. When one dies the process ends, so that what can be asked lives.</param>
internal sealed class ComponentStatuses(IStore store, IReadOnlySet<string> local) : IObjectSource, IDisposable
{
    /// <summary>Where upstream's components serve their health on the server's machine.</summary>
    private static readonly (string Name, Uri Health)[] Remote =
    [
        ("controller-manager", new("https://127.0.0.1:10257/healthz")),
        ("scheduler", new("https://127.0.0.1:10259/healthz")),
    ];

    // Upstream's figure. Their certificates are self-signed, and nothing is told them.
    private readonly HttpClient _http = new(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true } })
    {
        Timeout = TimeSpan.FromSeconds(20),
    };

    public async ValueTask<IReadOnlyList<ApiObject>> ListAsync(CancellationToken cancellationToken)
    {
        var asked = Remote.Select(r => local.Contains(r.Name) ? Task.FromResult(Of(r.Name, true, "ok")) : AskAsync(r.Name, r.Health, cancellationToken)).ToArray();
        var etcd = store.Completion.IsCompleted ? Of("etcd-0", false, "the store has stopped") : Of("etcd-0", true, "ok");
        return [.. (await Task.WhenAll(asked)).Append(etcd).OrderBy(static c => c.Metadata.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => _http.Dispose();

    private async Task<ComponentStatus> AskAsync(string name, Uri health, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(health, cancellationToken);
            return Of(name, response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (HttpRequestException e)
        {
            return Of(name, false, $"Get \"{health}\": {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Of(name, false, $"Get \"{health}\": context deadline exceeded");
        }
    }

    private static ComponentStatus Of(string name, bool healthy, string message) => new()
    {
        Kind = "ComponentStatus",
        ApiVersion = "v1",
        Metadata = new ObjectMeta { Name = name },
        Conditions = [new ComponentCondition { Type = "Healthy", Status = healthy ? "True" : "False", Message = message }],
    };
}
