using Orchestrator.Api;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>Levels for namespaces without labels, and who is exempt.</summary>
internal sealed record PodSecurityOptions
{
    private const string Prefix = "pod-security.kubernetes.io/";

    private static readonly string[] Modes = ["enforce", "audit", "warn"];

    /// <summary>The levels as labels that every namespace has that does not say otherwise.</summary>
    public ApiMap<string> Defaults { get; init; } = ApiMap<string>.Empty;

    public IReadOnlySet<string> Usernames { get; init; } = new HashSet<string>();

    public IReadOnlySet<string> RuntimeClasses { get; init; } = new HashSet<string>();

    public IReadOnlySet<string> Namespaces { get; init; } = new HashSet<string>();

    /// <exception cref="FormatException">The configuration is wrong.</exception>
    public static PodSecurityOptions Read(ConfigNode configuration)
    {
        configuration.Require("PodSecurityConfiguration", "pod-security.admission.config.k8s.io/v1", "pod-security.admission.config.k8s.io/v1beta1", "pod-security.admission.config.k8s.io/v1alpha1");
        var labels = ApiMap<string>.Empty;
        if (configuration.Has("defaults"))
        {
            var defaults = configuration.Member("defaults");
            foreach (var name in Modes.Concat(Modes.Select(static m => m + "-version")))
            {
                labels = defaults.Text(name) is { Length: > 0 } value ? labels.With(Prefix + name, value) : labels;
            }
        }

        var faults = new FieldErrorList();
        NamespacePolicy.Read(labels, faults);
        if (faults.Count > 0)
        {
            throw new FormatException($"defaults: {faults.First()}");
        }

        var exemptions = configuration.Has("exemptions") ? configuration.Member("exemptions") : (ConfigNode?)null;
        return new() { Defaults = labels, Usernames = Set("usernames"), RuntimeClasses = Set("runtimeClasses"), Namespaces = Set("namespaces") };

        HashSet<string> Set(string name) => exemptions?.Texts(name).ToHashSet(StringComparer.Ordinal) ?? [];
    }
}
