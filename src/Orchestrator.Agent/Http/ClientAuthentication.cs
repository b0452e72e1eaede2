using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Agent.Http;

/// <summary>Lets in whoever shows a certificate of the cluster's CA with a name that may; health is open to all.</summary>
internal sealed class ClientAuthentication(NodeAgentOptions options, TimeProvider time)
{
    private const string MastersGroup = "system:masters";
    private readonly Lock _lock = new();
    private X509Certificate2Collection _authorities = [];
    private DateTime _readAt;

    /// <summary>True if the certificate is the CA's and valid now.</summary>
    public bool IsTrusted(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Authorities());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        return chain.ChainPolicy.CustomTrustStore.Count > 0 && chain.Build(certificate);
    }

    /// <summary>Refuses everybody else.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/healthz"))
        {
            return next(context);
        }

        if (context.Connection.ClientCertificate is not { } certificate)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return context.Response.WriteAsync("Unauthorized");
        }

        if (!IsAllowed(certificate))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return context.Response.WriteAsync($"Forbidden (user={certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)})");
        }

        return next(context);
    }

    private bool IsAllowed(X509Certificate2 certificate) =>
        options.ClientNames.Count == 0
        || options.ClientNames.Contains(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false))
        || certificate.SubjectName.EnumerateRelativeDistinguishedNames().Any(n =>
            n is { HasMultipleElements: false } && n.GetSingleElementType().Value == "2.5.4.10" && n.GetSingleElementValue() == MastersGroup);

    private X509Certificate2Collection Authorities()
    {
        if (options.ClientCaPath is not { } path)
        {
            return [];
        }

        lock (_lock)
        {
            var written = File.GetLastWriteTimeUtc(path);
            if (_authorities.Count == 0 || written != _readAt)
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPemFile(path);
                (_authorities, _readAt) = (authorities, written);
            }

            return _authorities;
        }
    }
}
