using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Admission.ImagePolicies;

/// <summary>Who is asked about images, and what holds without an answer.</summary>
internal sealed record ImagePolicyOptions
{
    private static readonly TimeSpan TtlMax = TimeSpan.FromMinutes(30);

    /// <summary>Names the server and how it is spoken to.</summary>
    public required string KubeconfigFile { get; init; }

    /// <summary>How long a yes is remembered.</summary>
    public TimeSpan AllowTtl { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a no is remembered.</summary>
    public TimeSpan DenyTtl { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first wait after a failed call.</summary>
    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether images are good when nobody answers.</summary>
    public bool DefaultAllow { get; init; }

    /// <exception cref="FormatException">The configuration is wrong.</exception>
    public static ImagePolicyOptions Read(ConfigNode configuration, string folder)
    {
        var policy = configuration.Member("imagePolicy");
        var file = policy.Text("kubeConfigFile");
        return new()
        {
            KubeconfigFile = file.Length > 0 ? Path.Combine(folder, file) : throw new FormatException($"{policy.Path}.kubeConfigFile: Required value"),
            AllowTtl = Seconds("allowTTL", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1), TtlMax),
            DenyTtl = Seconds("denyTTL", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TtlMax),
            RetryBackoff = TimeSpan.FromMilliseconds(policy.Number("retryBackoff", 500)) is var backoff && backoff >= TimeSpan.FromMilliseconds(1) && backoff <= TimeSpan.FromMinutes(5)
                ? backoff
                : throw new FormatException($"{policy.Path}.retryBackoff: valid value is between 1ms and 5m0s"),
            DefaultAllow = policy.Flag("defaultAllow", absent: false),
        };

        TimeSpan Seconds(string name, TimeSpan absent, TimeSpan min, TimeSpan max)
        {
            var number = policy.Number(name, 0);
            var span = number == 0 ? absent : TimeSpan.FromSeconds(number);
            return number < 0 ? TimeSpan.Zero
                : span >= min && span <= max ? span
                : throw new FormatException($"{policy.Path}.{name}: Invalid value: {GoText.Quote(span.ToString())}: must be between 1s and 30m0s");
        }
    }
}
