using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class SecretStrategy : ObjectStrategy<Secret>
{
    private const string Redacted = "<secret contents redacted>";
    private const string AccountAnnotation = "kubernetes.io/service-account.name";

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var secret = (Secret)obj;
        if (secret.Type != "kubernetes.io/tls" || (old is Secret before && Semantic.Equal(before.Data, secret.Data)))
        {
            return;
        }

        try
        {
            using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(
                Encoding.UTF8.GetString(secret.Data.GetValueOrDefault("tls.crt") ?? []), Encoding.UTF8.GetString(secret.Data.GetValueOrDefault("tls.key") ?? []));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            var text = Encoding.UTF8.GetString(secret.Data.GetValueOrDefault("tls.crt") ?? []);
            context.Warnings.Add(text.Contains("-----BEGIN", StringComparison.Ordinal)
                ? "tls: private key does not match public key"
                : "tls: failed to find any PEM data in certificate input");
        }
    }

    protected override void PrepareUpdate(Secret obj, Secret old, StrategyContext context)
    {
        if (obj.Type.Length == 0 && old.Type.Length > 0)
        {
            obj.Set(Secret.Fields.Type, old.Type);
        }
    }

    protected override void Check(Secret obj, FieldErrorList errors)
    {
        long size = 0;
        foreach (var (key, value) in obj.Data)
        {
            DataRules.Key(key, "data", errors);
            size += value.Length;
        }

        if (size > DataRules.BytesMax)
        {
            errors.TooLong(FieldPath.Root("data"), DataRules.BytesMax);
        }

        switch (obj.Type)
        {
            case "kubernetes.io/service-account-token":
                if (!obj.Metadata.Annotations.TryGetValue(AccountAnnotation, out var account) || account.Length == 0)
                {
                    errors.Required(FieldPath.Metadata.Child("annotations").Key(AccountAnnotation));
                }

                break;
            case "kubernetes.io/dockercfg":
                JsonData(obj, ".dockercfg", errors);
                break;
            case "kubernetes.io/dockerconfigjson":
                JsonData(obj, ".dockerconfigjson", errors);
                break;
            case "kubernetes.io/basic-auth":
                if (!obj.Data.ContainsKey("username") && !obj.Data.ContainsKey("password"))
                {
                    Needs("username");
                    Needs("password");
                }

                break;
            case "kubernetes.io/ssh-auth":
                if (obj.Data.GetValueOrDefault("ssh-privatekey") is null or { Length: 0 })
                {
                    Needs("ssh-privatekey");
                }

                break;
            case "kubernetes.io/tls":
                if (!obj.Data.ContainsKey("tls.crt"))
                {
                    Needs("tls.crt");
                }

                if (!obj.Data.ContainsKey("tls.key"))
                {
                    Needs("tls.key");
                }

                break;
        }

        void Needs(string key) => errors.Required(FieldPath.Root("data").Key(key));
    }

    protected override void CheckUpdate(Secret obj, Secret old, FieldErrorList errors)
    {
        errors.Immutable(null, "type", obj.Type, old.Type);
        DataRules.Immutable(obj.Immutable, old.Immutable, errors, ("data", obj.Data, old.Data));
        Check(obj, errors);
    }

    private static void JsonData(Secret secret, string key, FieldErrorList errors)
    {
        if (!secret.Data.TryGetValue(key, out var bytes))
        {
            errors.Required(FieldPath.Root("data").Key(key));
            return;
        }

        try
        {
            _ = ApiJson.ReadValue(bytes);
        }
        catch (JsonException)
        {
            errors.Invalid(FieldPath.Root("data").Key(key), Redacted, Fault(bytes));
        }
    }

    private static string Fault(byte[] json)
    {
        var text = Encoding.UTF8.GetString(json).TrimStart();
        return text.Length == 0 || text[0] is '{' or '[' or '"' ? "unexpected end of JSON input" : $"invalid character '{text[0]}' looking for beginning of value";
    }
}
