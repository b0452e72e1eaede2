using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>Reads an EncryptionConfiguration of apiserver.config.k8s.io/v1. Every fault is told with its place.</summary>
internal static class EncryptionConfigReader
{
    private static readonly TimeSpan KmsTimeout = TimeSpan.FromSeconds(3);

    /// <exception cref="FormatException">The file is wrong.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static EncryptionRules Load(string path, TimeProvider time)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), time);
        }
        catch (Exception e) when (e is ApiDecodeException or FormatException)
        {
            throw new FormatException($"{path}: {e.Message}");
        }
    }

    public static EncryptionRules Parse(ReadOnlySpan<byte> yaml, TimeProvider time)
    {
        var root = Map(YamlReader.Read(yaml, out _), "the configuration");
        if (Text(root, "kind") != "EncryptionConfiguration" || Text(root, "apiVersion") is not ("apiserver.config.k8s.io/v1" or "v1"))
        {
            throw new FormatException($"expected apiVersion apiserver.config.k8s.io/v1 and kind EncryptionConfiguration, found {GoText.Quote(Text(root, "apiVersion"))} and {GoText.Quote(Text(root, "kind"))}");
        }

        var entries = new List<EncryptionRules.Entry>();
        var kmsNames = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (item, i) in List(root, "resources", "").Select(static (r, i) => (r, i)))
        {
            var field = $"resources[{i}]";
            var map = Map(item, field);
            var resources = List(map, "resources", field).Select((r, j) => r as string ?? throw new FormatException($"{field}.resources[{j}]: must be a string")).ToArray();
            CheckResources(resources, field);
            var ciphers = List(map, "providers", field).SelectMany((p, j) => Provider(Map(p, $"{field}.providers[{j}]"), $"{field}.providers[{j}]", kmsNames, time)).ToArray();
            entries.Add(new(resources, ciphers));
        }

        return new(entries);
    }

    private static void CheckResources(string[] resources, string field)
    {
        if (resources.Length == 0)
        {
            throw new FormatException($"{field}.resources: Required value: at least one resource must be named");
        }

        foreach (var resource in resources)
        {
            if (resource is "events" or "events.events.k8s.io" or "" || resource.Contains('/', StringComparison.Ordinal) || (resource.Contains('*', StringComparison.Ordinal) && !resource.StartsWith("*.", StringComparison.Ordinal)))
            {
                throw new FormatException($"{field}.resources: Invalid value: {GoText.Quote(resource)}: a resource in lower case with its group behind a dot, or *.GROUP, or *.*");
            }
        }
    }

    private static IEnumerable<IValueCipher> Provider(ApiMap<object?> provider, string field, HashSet<string> kmsNames, TimeProvider time)
    {
        if (provider.Count != 1)
        {
            throw new FormatException($"{field}: a provider is exactly one of aescbc, aesgcm, secretbox, kms, identity; found {provider.Count}");
        }

        var (name, value) = provider.First();
        switch (name)
        {
            case "identity":
                return [new PlainCipher()];
            case "aesgcm":
                return Keys(value, field + ".aesgcm", 16, 24, 32).Select(static k => new AesGcmCipher(k.Name, k.Secret));
            case "aescbc":
                return Keys(value, field + ".aescbc", 16, 24, 32).Select(static k => new AesCbcCipher(k.Name, k.Secret));
            case "secretbox":
                return Keys(value, field + ".secretbox", 32).Select(static k => new SecretBoxCipher(k.Name, k.Secret));
            case "kms":
                return [Kms(Map(value, field + ".kms"), field + ".kms", kmsNames, time)];
            default:
                throw new FormatException($"{field}: unknown provider {GoText.Quote(name)}");
        }
    }

    private static KmsCipher Kms(ApiMap<object?> map, string field, HashSet<string> names, TimeProvider time)
    {
        var name = Text(map, "name");
        if (Text(map, "apiVersion") != "v2")
        {
            throw new FormatException($"{field}.apiVersion: Unsupported value: {GoText.Quote(Text(map, "apiVersion"))}: supported values: \"v2\"");
        }

        if (name.Length == 0 || name.Contains(':', StringComparison.Ordinal) || !names.Add(name))
        {
            throw new FormatException($"{field}.name: Invalid value: {GoText.Quote(name)}: a name without colons that no other service has");
        }

        var endpoint = Text(map, "endpoint");
        if (!endpoint.StartsWith("unix:///", StringComparison.Ordinal))
        {
            throw new FormatException($"{field}.endpoint: Invalid value: {GoText.Quote(endpoint)}: must be unix:///PATH");
        }

        var timeout = KmsTimeout;
        if (Text(map, "timeout") is { Length: > 0 } given && !(GoDuration.TryParse(given, out timeout) && timeout > TimeSpan.Zero))
        {
            throw new FormatException($"{field}.timeout: Invalid value: {GoText.Quote(given)}: should be a positive duration");
        }

        return new KmsCipher(name, endpoint, timeout, time);
    }

    private static List<(string Name, byte[] Secret)> Keys(object? provider, string field, params int[] sizes)
    {
        var keys = new List<(string Name, byte[] Secret)>();
        foreach (var (item, i) in List(Map(provider, field), "keys", field).Select(static (k, i) => (k, i)))
        {
            var map = Map(item, $"{field}.keys[{i}]");
            var name = Text(map, "name");
            if (name.Length == 0 || name.Contains(':', StringComparison.Ordinal))
            {
                throw new FormatException($"{field}.keys[{i}].name: Required value: a name without colons");
            }

            var secret = new byte[64];
            if (!Convert.TryFromBase64String(Text(map, "secret"), secret, out var length) || !sizes.Contains(length))
            {
                throw new FormatException($"{field}.keys[{i}].secret: Invalid value: \"REDACTED\": base64 of a key of {string.Join(" or ", sizes)} bytes is needed");
            }

            keys.Add((name, secret[..length]));
        }

        return keys.Count > 0 ? keys : throw new FormatException($"{field}.keys: Required value: at least one key is needed");
    }

    private static ApiMap<object?> Map(object? value, string field) => value as ApiMap<object?> ?? throw new FormatException($"{field}: must be a map");

    private static IEnumerable<object?> List(ApiMap<object?> map, string name, string field) =>
        map.GetValueOrDefault(name) as ApiList<object?> ?? throw new FormatException($"{(field.Length > 0 ? field + "." : "")}{name}: Required value: must be a list");

    private static string Text(ApiMap<object?> map, string name) => map.GetValueOrDefault(name) as string ?? "";
}
