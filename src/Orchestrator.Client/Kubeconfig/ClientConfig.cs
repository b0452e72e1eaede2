using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Client;

/// <summary>Where a server is, how it is known, and how the client is known to it.</summary>
public sealed record ClientConfig
{
    /// <summary>Base address, for example <c>https://127.0.0.1:6443</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The only authorities whose certificates are accepted; null for the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Accept any server. For nothing but experiments.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The name that the server's certificate must have, when not the address's.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>With its private key; null for none. Asked for each new connection, so that a renewed one is used.</summary>
    public Func<X509Certificate2?>? Certificate { get; init; }

    public string? Token { get; init; }

    /// <summary>A file with the token; read again as it changes.</summary>
    public string? TokenFile { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    /// <summary>A user to act as.</summary>
    public string? Impersonate { get; init; }

    /// <summary>The namespace of the context; "" if it has none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Named in the server's logs and, cut at the first slash, as field manager.</summary>
    public string UserAgent { get; init; } = "orchestrator";

    /// <summary>How long a request other than a watch may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}
