using Orchestrator.Api;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>
/// Whether a user may approve (CertificateApproval) or sign (CertificateSigning) for a signer: the verb on <c>signers</c> with the signer's name, or
/// with <c>domain/*</c>.
/// </summary>
internal sealed class CertificatePermission(string name, string subresource, string verb, AuthorizerChain authorizers) : IValidatingAdmission
{
    public string Name => name;

    public static CertificatePermission Approval(AuthorizerChain authorizers) => new("CertificateApproval", "approval", "approve", authorizers);

    public static CertificatePermission Signing(AuthorizerChain authorizers) => new("CertificateSigning", "status", "sign", authorizers);

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string sub) =>
        operation == AdmissionOperation.Update && sub == subresource && resource is { Group: "certificates.k8s.io", Resource: "certificatesigningrequests" };

    public async ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes is not { Object: CertificateSigningRequest request, OldObject: CertificateSigningRequest old })
        {
            return;
        }

        if (verb == "sign" && Values.DeepEquals(request.Status.Certificate, old.Status.Certificate) && request.Status.Conditions.Equals(old.Status.Conditions))
        {
            return;
        }

        var signer = old.Spec.SignerName;
        var wildcard = signer[..(signer.IndexOf('/', StringComparison.Ordinal) + 1)] + "*";
        if (!await IsAllowedAsync(attributes.User, signer, cancellationToken) && !await IsAllowedAsync(attributes.User, wildcard, cancellationToken))
        {
            throw attributes.Forbidden($"user not permitted to {verb} requests with signerName {Api.Json.GoText.Quote(signer)}");
        }
    }

    private async ValueTask<bool> IsAllowedAsync(UserInfo user, string signer, CancellationToken cancellationToken)
    {
        var attributes = new AccessAttributes
        {
            User = user, Verb = verb, ApiGroup = "certificates.k8s.io", ApiVersion = "*", Resource = "signers", Name = signer,
        };
        return (await authorizers.AuthorizeAsync(attributes, cancellationToken)).IsAllowed;
    }
}
