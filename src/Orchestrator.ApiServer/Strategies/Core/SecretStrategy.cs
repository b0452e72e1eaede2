using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Codecs;
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
        if (secret.Type == "kubernetes.io/tls" && KeyPairText.Fault(secret.Data.GetValueOrDefault("tls.crt") ?? [], secret.Data.GetValueOrDefault("tls.key") ?? []) is { } fault)
        {
            context.Warnings.Add(fault);
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

        if (Fault(bytes) is { } fault)
        {
            errors.Invalid(FieldPath.Root("data").Key(key), Redacted, fault);
        }
    }

    /// <summary>What Go says of a text that is no JSON object; null if it is one. Null counts as one.</summary>
    private static string? Fault(byte[] json)
    {
        if (GoJsonSyntax.TryDescribe(json) is { } fault)
        {
            return fault;
        }

        return json.AsSpan().TrimStart(" \t\r\n"u8) is [var first, ..] ? first switch
        {
            (byte)'{' or (byte)'n' => null,
            (byte)'[' => NotAnObject("array"),
            (byte)'"' => NotAnObject("string"),
            (byte)'t' or (byte)'f' => NotAnObject("bool"),
            _ => NotAnObject("number"),
        } : "unexpected end of JSON input";

        static string NotAnObject(string kind) => $"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}";
    }
}
