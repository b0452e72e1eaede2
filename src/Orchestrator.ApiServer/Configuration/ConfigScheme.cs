namespace Orchestrator.ApiServer.Configuration;

/// <summary>Kinds of configuration files.</summary>
/// <param name="Name">Where upstream's scheme stands; its messages tell it.</param>
/// <param name="Kinds">Kinds by apiVersion.</param>
internal sealed record ConfigScheme(string Name, IReadOnlyDictionary<string, string[]> Kinds)
{
    private const string Group = "apiserver.config.k8s.io";

    /// <summary>Authentication, authorization: every version says the same.</summary>
    public static ConfigScheme Server(string name) => new(name, new Dictionary<string, string[]>
    {
        [Group + "/v1"] = ["AdmissionConfiguration", "AuthenticationConfiguration", "AuthorizationConfiguration", "EncryptionConfiguration", "TracingConfiguration"],
        [Group + "/v1beta1"] = ["AuthenticationConfiguration", "AuthorizationConfiguration"],
        [Group + "/v1alpha1"] = ["AuthenticationConfiguration", "AuthorizationConfiguration"],
    });

    /// <summary>Encryption, which has a name of old as well.</summary>
    public static ConfigScheme Encryption { get; } = new("k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go:142", new Dictionary<string, string[]>
    {
        [Group + "/v1"] = Server("").Kinds[Group + "/v1"],
        ["v1"] = ["EncryptionConfig"],
    })
    {
        Aliases = new Dictionary<string, string> { ["EncryptionConfig"] = "EncryptionConfiguration" },
        Mismatch = static (apiVersion, given, _) => $"got unexpected config type: {apiVersion}, Kind={given}",
    };

    /// <summary>Other names of kinds.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } = new Dictionary<string, string>();

    /// <summary>The message for another kind than the expected one: of its apiVersion, the kind, and the expected kind.</summary>
    public Func<string, string, string, string> Mismatch { get; init; } = static (_, given, expected) => $"expected {expected}, got *apiserver.{given}";

    public bool Knows(string apiVersion, string kind) => Kinds.TryGetValue(apiVersion, out var kinds) && kinds.Contains(kind);
}
