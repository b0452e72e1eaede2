using Orchestrator.Api;
using Orchestrator.Api.ServerConfig.V1;
using Orchestrator.ApiServer.Configuration;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>Reads an EncryptionConfiguration of apiserver.config.k8s.io/v1. Faults are told with their places, in upstream's words.</summary>
internal static class EncryptionConfigReader
{
    private static readonly TimeSpan KmsTimeout = TimeSpan.FromSeconds(3);

    /// <exception cref="FormatException">The file is wrong.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static EncryptionRules Load(string path, TimeProvider time) => Parse(File.ReadAllBytes(path), path, time);

    /// <param name="yaml">The file.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="FormatException">The file is wrong.</exception>
    public static EncryptionRules Parse(byte[] yaml, string path, TimeProvider time)
    {
        if (yaml.Length == 0)
        {
            throw new FormatException($"error while parsing file: error while loading file: encryption provider configuration file \"{path}\" is empty");
        }

        var configuration = Decode(yaml, path);
        var faults = EncryptionConfigValidator.Validate(configuration);
        return faults.Count == 0 ? Build(configuration, time) : throw new FormatException("error while parsing file: " + faults.Aggregate());
    }

    private static EncryptionConfiguration Decode(byte[] yaml, string path)
    {
        try
        {
            return ConfigDecoder.Read<EncryptionConfiguration>(yaml, "EncryptionConfiguration", ConfigScheme.Encryption);
        }
        catch (FormatException wrong)
        {
            var isOther = wrong.Message.StartsWith("got unexpected config type", StringComparison.Ordinal);
            throw new FormatException($"error while parsing file: {(isOther ? "" : $"error decoding encryption provider configuration file \"{path}\": ")}{wrong.Message}");
        }
    }

    private static EncryptionRules Build(EncryptionConfiguration configuration, TimeProvider time)
    {
        // A wildcard of before leaves nothing to those after it.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var entries = new List<EncryptionRules.Entry>();
        foreach (var source in configuration.Resources)
        {
            foreach (var resource in source.Resources)
            {
                var dot = resource.IndexOf('.', StringComparison.Ordinal);
                var ofGroup = "*." + (dot < 0 ? "" : resource[(dot + 1)..]);
                foreach (var wildcard in (string[])[ofGroup, "*.*"])
                {
                    if (seen.Contains(wildcard))
                    {
                        throw new FormatException($"error while building transformers: resource \"{resource}\" is masked by earlier rule \"{wildcard}\"");
                    }
                }

                seen.Add(resource);
            }

            entries.Add(new(source.Resources, source.Providers.SelectMany(p => Ciphers(p, time)).ToArray()));
        }

        return new(entries);
    }

    private static IEnumerable<IValueCipher> Ciphers(ProviderConfiguration provider, TimeProvider time) =>
        provider.Identity is not null ? [new PlainCipher()]
        : provider.Aesgcm is { } gcm ? gcm.Keys.Select(static k => new AesGcmCipher(k.Name, Convert.FromBase64String(k.Secret)))
        : provider.Aescbc is { } cbc ? cbc.Keys.Select(static k => new AesCbcCipher(k.Name, Convert.FromBase64String(k.Secret)))
        : provider.Secretbox is { } box ? box.Keys.Select(static k => new SecretBoxCipher(k.Name, Convert.FromBase64String(k.Secret)))
        : [Kms(provider.Kms!, time)];

    private static KmsCipher Kms(KMSConfiguration kms, TimeProvider time) => kms.ApiVersion is "" or "v1"
        ? throw new FormatException(
            "error while building transformers: KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  "
            + "Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.")
        : new KmsCipher(kms.Name, kms.Endpoint, kms.Timeout ?? KmsTimeout, time);
}
