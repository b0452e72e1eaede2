using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>PKCS #10 requests as CertificateSigningRequests hold them.</summary>
internal static class SigningRequestPem
{
    private const string CommonNameOid = "2.5.4.3";
    private const string OrganizationOid = "2.5.4.10";

    /// <summary>Reads a request and checks that its maker has the key; null if it is none.</summary>
    public static CertificateRequest? TryRead(byte[]? pem)
    {
        if (pem is null)
        {
            return null;
        }

        try
        {
            return CertificateRequest.LoadSigningRequestPem(
                Encoding.ASCII.GetString(pem), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    public static string CommonName(X500DistinguishedName subject) => Values(subject, CommonNameOid).FirstOrDefault() ?? "";

    public static IReadOnlyList<string> Organizations(X500DistinguishedName subject) => Values(subject, OrganizationOid).ToArray();

    private static IEnumerable<string> Values(X500DistinguishedName subject, string oid) => subject.EnumerateRelativeDistinguishedNames(reversed: false)
        .Where(p => !p.HasMultipleElements && p.GetSingleElementType().Value == oid)
        .Select(static p => p.GetSingleElementValue() ?? "");
}
