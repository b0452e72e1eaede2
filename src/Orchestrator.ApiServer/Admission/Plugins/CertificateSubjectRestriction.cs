using Orchestrator.Api;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Identity.Certificates;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Nobody gets a client certificate of group system:masters by a signing request: it could not be taken back.</summary>
internal sealed class CertificateSubjectRestriction : IValidatingAdmission
{
    public string Name => "CertificateSubjectRestriction";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Create && subresource.Length == 0 && resource is { Group: "certificates.k8s.io", Resource: "certificatesigningrequests" };

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is CertificateSigningRequest { Spec.SignerName: "kubernetes.io/kube-apiserver-client" } request
            && SigningRequestPem.TryRead(request.Spec.Request) is { } parsed
            && SigningRequestPem.Organizations(parsed.SubjectName).Contains(Groups.Masters))
        {
            throw attributes.Forbidden("use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed");
        }

        return default;
    }
}
