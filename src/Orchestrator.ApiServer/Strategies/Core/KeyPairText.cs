using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>What Go says of a certificate and key that do not make a pair.</summary>
internal static class KeyPairText
{
    private const string Certificate = "CERTIFICATE";
    private const string PrivateKey = "PRIVATE KEY";

    public static string? Fault(byte[] certificatePem, byte[] keyPem)
    {
        var (certificates, keys) = (Labels(certificatePem), Labels(keyPem));
        if (!certificates.Contains(Certificate))
        {
            return certificates.Count == 0 ? "tls: failed to find any PEM data in certificate input"
                : certificates is [var only] && only.EndsWith(PrivateKey, StringComparison.Ordinal)
                    ? "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched"
                : $"tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: [{string.Join(" ", certificates)}]";
        }

        if (!keys.Any(static k => k == PrivateKey || k.EndsWith(" " + PrivateKey, StringComparison.Ordinal)))
        {
            return keys.Count == 0 ? "tls: failed to find any PEM data in key input"
                : keys is [Certificate] ? "tls: found a certificate rather than a key in the PEM for the private key"
                : $"tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: [{string.Join(" ", keys)}]";
        }

        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificatePem));
        }
        catch (CryptographicException)
        {
            return "x509: malformed certificate";
        }

        using (certificate)
        {
            return KeyFault(certificate, Encoding.UTF8.GetString(keyPem));
        }
    }

    private static string? KeyFault(X509Certificate2 certificate, string keyPem)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), keyPem);
            return null;
        }
        catch (ArgumentException)
        {
            return "tls: private key does not match public key";
        }
        catch (CryptographicException)
        {
            return IsKey(keyPem) ? "tls: private key does not match public key" : "tls: failed to parse private key";
        }
    }

    private static bool IsKey(string pem)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
        }

        try
        {
            using var ec = ECDsa.Create();
            ec.ImportFromPem(pem);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The types of the PEM blocks in a text, in order.</summary>
    private static List<string> Labels(byte[] pem)
    {
        var labels = new List<string>();
        var rest = Encoding.UTF8.GetString(pem).AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            labels.Add(rest[fields.Label].ToString());
            rest = rest[fields.Location.End..];
        }

        return labels;
    }
}
