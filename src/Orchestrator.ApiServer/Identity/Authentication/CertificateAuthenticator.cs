using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.ApiServer.Identity.Certificates;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>
/// Recognises clients by certificates of known CAs: the common name is the user, the organizations are his groups.
/// A certificate is verified once per connection (Kestrel gives the same instance to all its requests) and then costs a table look-up.
/// </summary>
internal sealed class CertificateAuthenticator(X509Certificate2Collection authorities, TimeProvider time)
{
    private const string CommonNameOid = "2.5.4.3";
    private const string OrganizationOid = "2.5.4.10";

    /// <summary>Upstream's extension of the subject for the user's uid.</summary>
    private const string UserUidOid = "1.3.6.1.4.1.57683.2";

    private readonly ConditionalWeakTable<X509Certificate2, Verdict> _verdicts = [];

    public AuthenticationResult Authenticate(X509Certificate2 certificate)
    {
        if (!_verdicts.TryGetValue(certificate, out var verdict))
        {
            verdict = _verdicts.GetValue(certificate, Judge);
        }

        return verdict.NotAfter > time.GetUtcNow() ? verdict.Result : AuthenticationResult.Refused("x509: certificate has expired or is not yet valid");
    }

    private Verdict Judge(X509Certificate2 certificate)
    {
        DateTimeOffset end = certificate.NotAfter;
        if (!CertificateAuthority.Verify(certificate, authorities, forClient: true, time, out var why))
        {
            return new(AuthenticationResult.Refused("verifying certificate failed: " + why), end);
        }

        var name = "";
        string? uid = null;
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements)
            {
                continue;
            }

            switch (part.GetSingleElementType().Value)
            {
                case CommonNameOid:
                    name = part.GetSingleElementValue() ?? "";
                    break;
                case OrganizationOid:
                    groups.Add(part.GetSingleElementValue() ?? "");
                    break;
                case UserUidOid:
                    // Which of two would it be?
                    if (uid is not null || (uid = part.GetSingleElementValue() ?? "").Length == 0)
                    {
                        return new(AuthenticationResult.Refused(uid.Length == 0 ? "UID cannot be an empty string" : "expected 1 UID, but found multiple"), end);
                    }

                    break;
            }
        }

        if (name.Length == 0)
        {
            return new(AuthenticationResult.None, end);
        }

        var user = new UserInfo
        {
            Name = name,
            Uid = uid ?? "",
            Groups = Identity.Groups.WithAuthenticated(name, groups),
            Extra = new Dictionary<string, IReadOnlyList<string>>
            {
                [Groups.CredentialId] = ["X509SHA256=" + Convert.ToHexStringLower(SHA256.HashData(certificate.RawData))],
            },
        };
        return new(AuthenticationResult.Recognised(user, []), end);
    }

    private sealed record Verdict(AuthenticationResult Result, DateTimeOffset NotAfter);
}
