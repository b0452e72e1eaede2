using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Identity.Certificates;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Believes the headers of requests that come through a proxy with a certificate of a known CA. The certificate is verified once per connection.</summary>
internal sealed class RequestHeaderAuthenticator(RequestHeaderOptions options, X509Certificate2Collection authorities, TimeProvider time)
{
    private readonly ConditionalWeakTable<X509Certificate2, Verdict> _verdicts = [];

    /// <summary>Whether a request says anything that only a proxy may say.</summary>
    public bool IsSpokenFor(IHeaderDictionary headers) => First(headers, options.UsernameHeaders).Length > 0;

    public AuthenticationResult Authenticate(X509Certificate2 certificate, IHeaderDictionary headers)
    {
        if (!_verdicts.TryGetValue(certificate, out var verdict))
        {
            verdict = _verdicts.GetValue(certificate, Judge);
        }

        if (verdict.Fault.Length > 0 || certificate.NotAfter <= time.GetLocalNow().DateTime)
        {
            return AuthenticationResult.Refused(verdict.Fault);
        }

        var name = First(headers, options.UsernameHeaders);
        if (name.Length == 0)
        {
            return AuthenticationResult.None;
        }

        var groups = new List<string>();
        foreach (var header in options.GroupHeaders)
        {
            groups.AddRange(headers[header].OfType<string>().Where(static g => g.Length > 0));
        }

        return AuthenticationResult.Recognised(new UserInfo { Name = name, Uid = First(headers, options.UidHeaders), Groups = Identity.Groups.WithAuthenticated(name, groups), Extra = Extra(headers) }, []);
    }

    private Verdict Judge(X509Certificate2 certificate)
    {
        if (!CertificateAuthority.Verify(certificate, authorities, forClient: true, time, out var why))
        {
            return new("verifying certificate failed: " + why);
        }

        var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return new(options.AllowedNames.Count == 0 || options.AllowedNames.Contains(name) ? "" : $"x509: subject with cn={name} is not in the allowed list");
    }

    private static string First(IHeaderDictionary headers, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (headers[names[i]] is [{ Length: > 0 } value, ..])
            {
                return value;
            }
        }

        return "";
    }

    private Dictionary<string, IReadOnlyList<string>> Extra(IHeaderDictionary headers)
    {
        var extra = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var prefix in options.ExtraPrefixes)
        {
            foreach (var (header, values) in headers)
            {
                if (header.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                {
                    var key = Unescape(header[prefix.Length..].ToLowerInvariant());
                    extra[key] = [.. extra.GetValueOrDefault(key) ?? [], .. values.OfType<string>()];
                }
            }
        }

        return extra;
    }

    /// <summary>Names of headers cannot hold everything that keys can; what is escaped badly stands for itself.</summary>
    private static string Unescape(string key)
    {
        for (var at = key.IndexOf('%', StringComparison.Ordinal); at >= 0; at = key.IndexOf('%', at + 1))
        {
            if (at + 2 >= key.Length || !char.IsAsciiHexDigit(key[at + 1]) || !char.IsAsciiHexDigit(key[at + 2]))
            {
                return key;
            }
        }

        return Uri.UnescapeDataString(key);
    }

    private sealed record Verdict(string Fault);
}
