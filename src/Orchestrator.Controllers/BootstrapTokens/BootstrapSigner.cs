using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.BootstrapTokens;

/// <summary>
/// Signs the ConfigMap <c>kube-public/cluster-info</c> with every join token, so that a node which knows a token (and nothing else) can tell that
/// the CA in it is this cluster's.
/// </summary>
internal sealed class BootstrapSigner : QueueController
{
    private const string KubeconfigKey = "kubeconfig";
    private const string SignaturePrefix = "jws-kubeconfig-";

    private static readonly ObjectKey InfoKey = new("kube-public", "cluster-info");

    private readonly IInformer<ConfigMap> _maps;
    private readonly IInformer<Secret> _secrets;

    public BootstrapSigner(ControllerContext context)
        : base("bootstrap-signer-controller", context, workers: 1)
    {
        _maps = context.Informers.Get<ConfigMap>(new() { Namespace = InfoKey.Namespace, FieldSelector = "metadata.name=" + InfoKey.Name });
        _maps.OnChange(_ => Queue.Add(InfoKey));
        _secrets = context.Informers.Get<Secret>(new() { Namespace = "kube-system", FieldSelector = "type=" + BootstrapTokenSecret.Type });
        _secrets.OnChange(_ => Queue.Add(InfoKey));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_maps.TryGet(key, out var map) || !map.Data.TryGetValue(KubeconfigKey, out var kubeconfig))
        {
            return ReconcileResult.Done;
        }

        var data = ApiMap<string>.From(map.Data.Where(static d => !d.Key.StartsWith(SignaturePrefix, StringComparison.Ordinal)));
        TimeSpan? next = null;
        foreach (var token in _secrets.List().Select(BootstrapTokenSecret.TryRead))
        {
            if (token is { Signs: true } && (token.Expires is not { } expires || expires > Time.GetUtcNow()))
            {
                data = data.With(SignaturePrefix + token.Id, Sign(kubeconfig, token.Id, token.Secret));
                next = token.Expires - Time.GetUtcNow() is { } remaining && !(next < remaining) ? remaining : next;
            }
        }

        if (!data.Equals(map.Data))
        {
            var updated = await Client.UpdateAsync(map with { Data = data }, cancellationToken);
            if (!updated.IsOk && !updated.IsNotFound)
            {
                return updated.Error;
            }
        }

        return next is { } after ? ReconcileResult.RevisitAfter(after) : ReconcileResult.Done;
    }

    /// <summary>A detached JWS (HS256, the token's id as key id): header, two dots, signature.</summary>
    internal static string Sign(string content, string tokenId, string tokenSecret)
    {
        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{{\"alg\":\"HS256\",\"kid\":\"{tokenId}\"}}"));
        var signed = header + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content));
        return header + ".." + Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(tokenSecret), Encoding.ASCII.GetBytes(signed)));
    }
}
