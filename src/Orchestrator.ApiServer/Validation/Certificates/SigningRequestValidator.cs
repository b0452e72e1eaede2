using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Validation.Certificates;

/// <summary>Requests for certificates, and what signers and approvers may change of them.</summary>
internal static class SigningRequestValidator
{
    private const int SecondsMin = 600;
    private const int DomainMax = 253;

    private static readonly string[] Usages =
    [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection",
        "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
        "server auth", "signing", "timestamping",
    ];

    public static void Spec(CertificateSigningRequestSpec spec, FieldErrorList errors)
    {
        var path = FieldPath.Spec;
        if (RequestFault(spec.Request) is { } fault)
        {
            errors.Invalid(path, "request", spec.Request is null ? null : Convert.ToBase64String(spec.Request), fault);
        }

        if (spec.Usages.Count == 0)
        {
            errors.Missing(path, "usages");
        }

        for (var i = 0; i < spec.Usages.Count; i++)
        {
            if (!Usages.Contains(spec.Usages[i]))
            {
                errors.NotSupportedInOrder(path.Child("usages").Index(i), spec.Usages[i], Usages);
            }
        }

        for (var i = 0; i < spec.Usages.Count; i++)
        {
            if (spec.Usages.Take(i).Contains(spec.Usages[i]))
            {
                errors.Duplicate(path.Child("usages").Index(i), spec.Usages[i]);
            }
        }

        if (spec.SignerName == "kubernetes.io/legacy-unknown")
        {
            errors.Invalid(path, "signerName", spec.SignerName, "the legacy signerName is not allowed via this API version");
        }
        else
        {
            SignerName(spec.SignerName, path.Child("signerName"), errors);
        }

        if (spec.ExpirationSeconds < SecondsMin)
        {
            errors.Invalid(path, "expirationSeconds", spec.ExpirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)");
        }
    }

    public static void Update(CertificateSigningRequest request, CertificateSigningRequest old, FieldErrorList errors, bool maySign, bool mayApprove)
    {
        var path = FieldPath.Status.Child("conditions");
        Conditions(request, path, errors);
        var (certificate, before) = (request.Status.Certificate ?? [], old.Status.Certificate ?? []);
        var isChanged = !certificate.AsSpan().SequenceEqual(before);
        if (isChanged && maySign && before.Length == 0 && CertificateFault(certificate) is { } fault)
        {
            errors.Invalid(FieldPath.Status, "certificate", "<certificate data>", fault);
        }

        foreach (var type in (ReadOnlySpan<string>)["Approved", "Denied", "Failed"])
        {
            if (CountOf(request, type) < CountOf(old, type))
            {
                errors.Forbidden(path, $"updates may not remove a condition of type {GoText.Quote(type)}");
            }
        }

        foreach (var type in (ReadOnlySpan<string>)["Approved", "Denied"])
        {
            if (!mayApprove && CountOf(request, type) > CountOf(old, type))
            {
                errors.Forbidden(path, $"updates may not add a condition of type {GoText.Quote(type)}");
            }
        }

        if (isChanged && before.Length > 0)
        {
            errors.Forbidden(FieldPath.Status, "certificate", "updates may not modify existing certificate content");
        }
        else if (isChanged && !maySign)
        {
            errors.Forbidden(FieldPath.Status, "certificate", "updates may not set certificate content");
        }
    }

    private static int CountOf(CertificateSigningRequest request, string type) => request.Status.Conditions.Count(c => c.Type == type);

    private static void Conditions(CertificateSigningRequest request, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>();
        var (isApproved, isDenied) = (false, false);
        for (var i = 0; i < request.Status.Conditions.Count; i++)
        {
            var condition = request.Status.Conditions[i];
            var at = path.Index(i);
            if (condition.Type.Length == 0)
            {
                errors.Missing(at, "type");
            }

            isApproved |= condition.Type == "Approved";
            isDenied |= condition.Type == "Denied";
            if (condition.Type is "Approved" or "Denied" or "Failed")
            {
                errors.RequiredOneOf(at, "status", condition.Status, "True");
            }
            else
            {
                errors.RequiredOneOf(at, "status", condition.Status, "False", "True", "Unknown");
            }

            // Told again for each condition that follows.
            if (isApproved && isDenied)
            {
                errors.Invalid(path, condition.Type, "Approved and Denied conditions are mutually exclusive");
            }

            if (!seen.Add(condition.Type))
            {
                errors.Duplicate(at.Child("type"), condition.Type);
            }
        }
    }

    private static string? CertificateFault(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes).AsSpan();
        var found = false;
        while (PemEncoding.TryFind(text, out var fields))
        {
            var label = text[fields.Label];
            if (label is not "CERTIFICATE")
            {
                return $"only CERTIFICATE PEM blocks are allowed, found {GoText.Quote(label.ToString())}";
            }

            found = true;
            try
            {
                using var _ = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(text[fields.Base64Data].ToString()));
            }
            catch (CryptographicException)
            {
                return "x509: malformed certificate";
            }

            text = text[fields.Location.End..];
        }

        return found ? null : "must contain at least one CERTIFICATE PEM block";
    }

    private static string? RequestFault(byte[]? bytes)
    {
        const string Type = "PEM block type must be CERTIFICATE REQUEST";
        var text = Encoding.UTF8.GetString(bytes ?? []);
        if (!PemEncoding.TryFind(text, out var fields) || text[fields.Label] != "CERTIFICATE REQUEST")
        {
            return Type;
        }

        try
        {
            _ = CertificateRequest.LoadSigningRequestPem(text, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions | CertificateRequestLoadOptions.SkipSignatureValidation);
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return e.Message;
        }
    }

    private static void SignerName(string name, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
            return;
        }

        var parts = name.Split('/');
        if (parts.Length != 2)
        {
            errors.Invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
            return;
        }

        if (parts[0].Length > DomainMax)
        {
            errors.TooLong(path, DomainMax);
        }

        var labels = parts[0].Split('.');
        foreach (var label in labels)
        {
            foreach (var fault in Formats.DnsLabel(label))
            {
                errors.Invalid(path, parts[0], $"validating label {GoText.Quote(label)}: {fault}");
            }
        }

        if (labels.Length < 2)
        {
            errors.Invalid(path, parts[0], "should be a domain with at least two segments separated by dots");
        }

        foreach (var label in parts[1].Split('.'))
        {
            foreach (var fault in Formats.DnsSubdomain(label))
            {
                errors.Invalid(path, parts[1], $"validating label {GoText.Quote(label)}: {fault}");
            }
        }

        if (name.Length > DomainMax + 1 + DomainMax)
        {
            errors.TooLong(path, DomainMax + 1 + DomainMax);
        }
    }
}
