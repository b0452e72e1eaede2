using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>The certificates that clients send beside their own, which lead to a known CA. Kept as long as the connection's certificate is.</summary>
internal static class ClientChains
{
    private static readonly ConditionalWeakTable<X509Certificate2, X509Certificate2Collection> Known = [];

    /// <summary>Remembers what a handshake brought.</summary>
    /// <param name="certificate">The client's own; null if it has none.</param>
    /// <param name="chain">What the handshake made of it; gone after the handshake.</param>
    public static void Remember(X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is X509Certificate2 own && chain is { ChainPolicy.ExtraStore: { Count: > 0 } others })
        {
            Known.AddOrUpdate(own, [.. others.Where(c => !c.RawDataMemory.Span.SequenceEqual(own.RawDataMemory.Span)).Select(static c => X509CertificateLoader.LoadCertificate(c.RawData))]);
        }
    }

    /// <summary>The others that came with a certificate.</summary>
    public static X509Certificate2Collection Of(X509Certificate2 certificate) => Known.TryGetValue(certificate, out var others) ? others : [];
}
