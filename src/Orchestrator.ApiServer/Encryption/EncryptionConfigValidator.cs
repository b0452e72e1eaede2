using Orchestrator.Api;
using Orchestrator.Api.ServerConfig.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>What is wrong with an EncryptionConfiguration, in upstream's words.</summary>
internal static class EncryptionConfigValidator
{
    private static readonly int[] AesSizes = [16, 24, 32];
    private static readonly int[] SecretBoxSizes = [32];

    public static FieldErrorList Validate(EncryptionConfiguration configuration)
    {
        var faults = new FieldErrorList();
        var root = FieldPath.Root("resources");
        if (configuration.Resources.Count == 0)
        {
            faults.Required(root, AtLeastOne(root));
        }

        var kmsNames = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < configuration.Resources.Count; i++)
        {
            var (entry, resources, providers) = (configuration.Resources[i], root.Index(i).Child("resources"), root.Index(i).Child("providers"));
            if (entry.Resources.Count == 0)
            {
                faults.Required(resources, AtLeastOne(resources));
            }

            ValidateOverlap(entry.Resources, resources, faults);
            for (var j = 0; j < entry.Resources.Count; j++)
            {
                if (NameFault(entry.Resources[j]) is { } fault)
                {
                    faults.Invalid(resources.Index(j), entry.Resources[j], fault);
                }
            }

            if (entry.Providers.Count == 0)
            {
                faults.Required(providers, AtLeastOne(providers));
            }

            for (var j = 0; j < entry.Providers.Count; j++)
            {
                ValidateProvider(entry.Providers[j], providers.Index(j), kmsNames, faults);
            }
        }

        return faults;
    }

    private static string AtLeastOne(FieldPath path) => $"at least one {path} is required";

    private static void ValidateOverlap(ApiList<string> resources, FieldPath path, FieldErrorList faults)
    {
        var parsed = resources.Select(Parse).ToArray();
        bool isTwice = false, overlaps = false;
        for (var i = 0; i < parsed.Length; i++)
        {
            for (var j = 0; j < parsed.Length; j++)
            {
                if (i == j)
                {
                    continue;
                }

                if (parsed[i] == parsed[j] && !isTwice)
                {
                    isTwice = true;
                    continue;
                }

                overlaps |= parsed[i] == ("*", "*") || (parsed[i].Group == parsed[j].Group && (parsed[i].Resource == "*" || parsed[j].Resource == "*"));
            }
        }

        if (isTwice)
        {
            faults.Invalid(path, resources, "the same resource cannot be specified multiple times");
        }

        if (overlaps)
        {
            faults.Invalid(path, resources, "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked");
        }
    }

    private static (string Resource, string Group) Parse(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? (text, "") : (text[..dot], text[(dot + 1)..]);
    }

    private static string? NameFault(string name)
    {
        var (resource, group) = Parse(name);
        return name.Any(char.IsUpper) ? "resource name should not contain capital letters"
            : name == "*" ? "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
            : name is "apiserveripinfo" or "serviceipallocations" or "servicenodeportallocations" ? "resources which do not have REST API/s cannot be encrypted"
            : group == "events.k8s.io" ? "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
            : group == "extensions" ? "'extensions' group has been removed and cannot be used for encryption"
            : group == "*" && resource != "*" ? "encrypting the same resource across groups is not supported"
            : null;
    }

    private static void ValidateProvider(ProviderConfiguration provider, FieldPath path, HashSet<string> kmsNames, FieldErrorList faults)
    {
        var given = new object?[] { provider.Aesgcm, provider.Aescbc, provider.Secretbox, provider.Identity, provider.Kms }.Count(static p => p is not null);
        if (given != 1)
        {
            faults.Invalid(
                path,
                new InternalValue(provider),
                given == 0
                    ? "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity"
                    : "more than one provider specified in a single element, should split into different list elements");
        }

        if (provider.Kms is { } kms)
        {
            ValidateKms(kms, path.Child("kms"), kmsNames, faults);
            kmsNames.Add(kms.Name);
        }
        else if (provider.Aesgcm is { } gcm)
        {
            ValidateKeys(gcm.Keys, path.Child("aesgcm", "keys"), AesSizes, faults);
        }
        else if (provider.Aescbc is { } cbc)
        {
            ValidateKeys(cbc.Keys, path.Child("aescbc", "keys"), AesSizes, faults);
        }
        else if (provider.Secretbox is { } box)
        {
            ValidateKeys(box.Keys, path.Child("secretbox", "keys"), SecretBoxSizes, faults);
        }
    }

    private static void ValidateKeys(ApiList<Key> keys, FieldPath list, int[] sizes, FieldErrorList faults)
    {
        if (keys.Count == 0)
        {
            faults.Required(list, "at least one keys is required");
        }

        for (var i = 0; i < keys.Count; i++)
        {
            var (key, path) = (keys[i], list.Index(i));
            if (key.Name.Length == 0)
            {
                faults.Required(path.Child("name"), "name is a mandatory field for a key");
            }

            var secret = new byte[key.Secret.Length];
            if (key.Secret.Length == 0)
            {
                faults.Required(path.Child("secret"), "secret is a mandatory field for a key");
            }
            else if (!Convert.TryFromBase64String(key.Secret, secret, out var length))
            {
                faults.Invalid(path.Child("secret"), "REDACTED", "secrets must be base64 encoded");
            }
            else if (!sizes.Contains(length))
            {
                faults.Invalid(path.Child("secret"), "REDACTED", $"secret is not of the expected length, got {length}, expected one of [{string.Join(' ', sizes)}]");
            }
        }
    }

    private static void ValidateKms(KMSConfiguration kms, FieldPath path, HashSet<string> names, FieldErrorList faults)
    {
        var isFirstVersion = kms.ApiVersion is "" or "v1";
        if (kms.Name.Length == 0)
        {
            faults.Required(path.Child("name"), "name is a mandatory field for a provider");
        }

        if (!isFirstVersion && kms.Name.Contains(':', StringComparison.Ordinal))
        {
            faults.Invalid(path.Child("name"), kms.Name, $"invalid KMS provider name {kms.Name}, must not contain ':'");
        }

        if (!isFirstVersion && names.Contains(kms.Name))
        {
            faults.Invalid(path.Child("name"), kms.Name, $"duplicate KMS provider name {kms.Name}, names must be unique");
        }

        if (kms.Timeout <= TimeSpan.Zero)
        {
            faults.Invalid(path.Child("timeout"), kms.Timeout, "timeout should be a positive value");
        }

        if (kms.Endpoint.Length == 0)
        {
            faults.Invalid(path.Child("endpoint"), "", "endpoint is a mandatory field for a kms");
        }
        else if (!GoUrl.TryParse(kms.Endpoint, out var url, out var fault))
        {
            faults.Invalid(path.Child("endpoint"), kms.Endpoint, "invalid endpoint for kms provider, error: " + fault);
        }
        else if (url.Scheme != "unix")
        {
            faults.Invalid(path.Child("endpoint"), kms.Endpoint, $"unsupported scheme \"{url.Scheme}\" for KMS provider, only unix is supported");
        }

        if (!isFirstVersion && kms.Cachesize is { } size)
        {
            faults.Invalid(path.Child("cachesize"), size, "cachesize is not supported in v2");
        }
        else if (isFirstVersion && kms.Cachesize == 0)
        {
            faults.Invalid(path.Child("cachesize"), 0, "cachesize should be a positive value, or negative to disable");
        }

        if (!isFirstVersion && kms.ApiVersion != "v2")
        {
            faults.Invalid(path.Child("apiVersion"), kms.ApiVersion, "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported");
        }
    }
}
