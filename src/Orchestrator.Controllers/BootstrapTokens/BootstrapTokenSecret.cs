using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.BootstrapTokens;

/// <summary>A join token as its Secret holds it.</summary>
internal sealed record BootstrapTokenSecret(string Id, string Secret, DateTimeOffset? Expires, bool Signs)
{
    public const string Type = "bootstrap.kubernetes.io/token";
    public const string NamePrefix = "bootstrap-token-";

    /// <summary>Reads a Secret; null if it is no token.</summary>
    public static BootstrapTokenSecret? TryRead(Secret secret)
    {
        var id = Text("token-id");
        var value = Text("token-secret");
        if (secret.Type != Type || id.Length == 0 || value.Length == 0 || secret.Metadata.Name != NamePrefix + id)
        {
            return null;
        }

        // An expiry that cannot be read counts as passed: a token must not live on by a slip of the pen.
        var expiration = Text("expiration");
        DateTimeOffset? expires = expiration.Length == 0 ? null : ApiTime.TryParse(expiration, out var at) ? at : DateTimeOffset.MinValue;
        return new(id, value, expires, Text("usage-bootstrap-signing") == "true");

        string Text(string key) => secret.Data.TryGetValue(key, out var bytes) && bytes is not null ? Encoding.UTF8.GetString(bytes) : "";
    }
}
