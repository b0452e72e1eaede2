using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.BootstrapTokens;

/// <summary>Deletes join tokens whose time is up.</summary>
internal sealed class TokenCleaner : QueueController
{
    private readonly IInformer<Secret> _secrets;

    public TokenCleaner(ControllerContext context)
        : base("token-cleaner-controller", context, workers: 1)
    {
        _secrets = context.Informers.Get<Secret>(new() { Namespace = "kube-system", FieldSelector = "type=" + BootstrapTokenSecret.Type });
        _secrets.OnChange(s => Queue.Add(s.Key));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_secrets.TryGet(key, out var secret) || BootstrapTokenSecret.TryRead(secret)?.Expires is not { } expires)
        {
            return ReconcileResult.Done;
        }

        var remaining = expires - Time.GetUtcNow();
        if (remaining > TimeSpan.Zero)
        {
            return ReconcileResult.RevisitAfter(remaining);
        }

        var deleted = await Client.DeleteAsync(secret, cancellationToken);
        return deleted.IsOk || deleted.IsNotFound || deleted.IsConflict ? ReconcileResult.Done : deleted.Error;
    }
}
