using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.ServiceAccounts;

/// <summary>Fills Secrets of type kubernetes.io/service-account-token, and deletes them with their account.</summary>
internal sealed class TokenSecretController : QueueController
{
    private const string SecretType = "kubernetes.io/service-account-token";
    private const string NameAnnotation = "kubernetes.io/service-account.name";
    private const string UidAnnotation = "kubernetes.io/service-account.uid";
    private const string AccountIndex = "account";

    private readonly IInformer<Secret> _secrets;
    private readonly IInformer<ServiceAccount> _accounts;
    private readonly Func<ServiceAccount, string, string> _issue;
    private readonly string _certificate;

    public TokenSecretController(ControllerContext context)
        : base("serviceaccount-token-controller", context, workers: 2)
    {
        _issue = context.Options.IssueSecretToken ?? throw new InvalidOperationException("There is nobody to issue tokens.");
        _certificate = context.Options.RootCaPem ?? "";
        _secrets = context.Informers.Get<Secret>(new() { FieldSelector = "type=" + SecretType });
        _secrets.AddIndex(AccountIndex, static s => [s.Metadata.Namespace + "/" + s.Metadata.Annotations.GetValueOrDefault(NameAnnotation)]);
        _secrets.OnChange(s => Queue.Add(s.Key));
        _accounts = context.Informers.Get<ServiceAccount>();
        _accounts.OnChange(a =>
        {
            foreach (var secret in _secrets.ByIndex(AccountIndex, a.Key.ToString()))
            {
                Queue.Add(secret.Key);
            }
        });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_secrets.TryGet(key, out var secret) || secret.Metadata.DeletionTimestamp is not null
            || secret.Metadata.Annotations.GetValueOrDefault(NameAnnotation) is not { Length: > 0 } name)
        {
            return ReconcileResult.Done;
        }

        var uid = secret.Metadata.Annotations.GetValueOrDefault(UidAnnotation) ?? "";
        if (!_accounts.TryGet(new(key.Namespace, name), out var account) || (uid.Length > 0 && account.Metadata.Uid != uid))
        {
            // The copy may be late: the server is asked before a secret is thrown away.
            var live = await Client.GetAsync<ServiceAccount>(key.Namespace, name, cancellationToken);
            if (live.IsOk && (uid.Length == 0 || live.Value.Metadata.Uid == uid))
            {
                account = live.Value;
            }
            else if (live.IsOk || live.IsNotFound)
            {
                var deleted = await Client.DeleteAsync(secret, cancellationToken);
                return deleted.IsOk || deleted.IsNotFound || deleted.IsConflict ? ReconcileResult.Done : deleted.Error;
            }
            else
            {
                return live.Error;
            }
        }

        var data = secret.Data;
        if (_certificate.Length > 0)
        {
            data = Put(data, "ca.crt", Encoding.UTF8.GetBytes(_certificate));
        }

        data = Put(data, "namespace", Encoding.UTF8.GetBytes(key.Namespace));
        if (!data.TryGetValue("token", out var token) || token is not { Length: > 0 })
        {
            data = data.With("token", Encoding.UTF8.GetBytes(_issue(account, key.Name)));
        }

        var wanted = secret with { Data = data, Metadata = secret.Metadata with { Annotations = secret.Metadata.Annotations.With(UidAnnotation, account.Metadata.Uid) } };
        if (wanted.Equals(secret))
        {
            return ReconcileResult.Done;
        }

        var updated = await Client.UpdateAsync(wanted, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }

    private static ApiMap<byte[]> Put(ApiMap<byte[]> data, string key, byte[] value) =>
        data.TryGetValue(key, out var old) && old is not null && old.AsSpan().SequenceEqual(value) ? data : data.With(key, value);
}
