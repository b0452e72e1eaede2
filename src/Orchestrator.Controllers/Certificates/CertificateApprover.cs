using System.Net;
using Orchestrator.Api;
using Orchestrator.Api.Authorization.V1;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Certificates;

/// <summary>
/// Approves the requests of nodes: client certificates of those who may ask for them (a bootstrap token, or the node itself), serving
/// certificates of nodes for their own name and addresses, and those of the nodes' networks for the node itself.
/// </summary>
/// <remarks>
/// Upstream leaves serving certificates to people; here a node's are approved as long as they claim nothing that is another's: whoever holds
/// a certificate with the API server's address can pose as the API server. What is not approved here is still a person's to decide.
/// </remarks>
internal sealed class CertificateApprover : QueueController
{
    private readonly IInformer<CertificateSigningRequest> _requests;
    private readonly IInformer<Node> _nodes;

    public CertificateApprover(ControllerContext context)
        : base("certificatesigningrequest-approving-controller", context, workers: 1)
    {
        _requests = Watch<CertificateSigningRequest>();
        _nodes = context.Informers.Get<Node>();
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_requests.TryGet(key, out var request) || request.Status.Certificate is { Length: > 0 }
            || request.Status.Conditions.Any(static c => c.Type is "Approved" or "Denied") || NodeRequest.TryRead(request) is not { } node)
        {
            return ReconcileResult.Done;
        }

        if (request.Spec.SignerName == NodeRequest.NetworkSigner)
        {
            return IsNodes(request, node)
                ? await ApproveAsync(request, "Auto approving the client certificate of the node's own network.", cancellationToken)
                : ReconcileResult.Done;
        }

        if (request.Spec.SignerName == NodeRequest.ServingSigner)
        {
            return IsItsOwn(request, node)
                ? await ApproveAsync(request, "Auto approving kubelet serving certificate for the node's own name and addresses.", cancellationToken)
                : ReconcileResult.Done;
        }

        foreach (var (subresource, message) in request.Spec.Username == node.UserName
            ? [("selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview."), ("nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview.")]
            : new[] { ("nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview.") })
        {
            var review = await Client.CreateAsync(new SubjectAccessReview
            {
                Spec = new SubjectAccessReviewSpec
                {
                    User = request.Spec.Username,
                    Uid = request.Spec.Uid,
                    Groups = request.Spec.Groups,
                    Extra = request.Spec.Extra,
                    ResourceAttributes = new ResourceAttributes
                    {
                        Group = "certificates.k8s.io", Resource = "certificatesigningrequests", Verb = "create", Subresource = subresource, Version = "*",
                    },
                },
            }, cancellationToken);
            if (!review.IsOk)
            {
                return review.Error;
            }

            if (review.Value.Status.Allowed)
            {
                return await ApproveAsync(request, message, cancellationToken);
            }
        }

        return ReconcileResult.Done;
    }

    private async ValueTask<ReconcileResult> ApproveAsync(CertificateSigningRequest request, string message, CancellationToken cancellationToken)
    {
        var now = Time.NowSeconds();
        var approved = request with
        {
            Status = request.Status with
            {
                Conditions =
                [
                    .. request.Status.Conditions,
                    new CertificateSigningRequestCondition { Type = "Approved", Status = "True", Reason = "AutoApproved", Message = message, LastUpdateTime = now, LastTransitionTime = now },
                ],
            },
        };
        var updated = await Client.UpdateAsync(ResourcePath.Of<CertificateSigningRequest>(request.Key, "approval"), approved, null, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }

    private static bool IsNodes(CertificateSigningRequest request, NodeRequest node) =>
        request.Spec.Username == node.UserName && request.Spec.Groups.Contains(NodeRequest.NodesGroup);

    /// <summary>A node's serving certificate bears its name and addresses at which no other node, no server of the control plane, no Service and no pod is.</summary>
    private bool IsItsOwn(CertificateSigningRequest request, NodeRequest node)
    {
        if (!IsNodes(request, node))
        {
            return false;
        }

        var options = Context.Options;
        var others = _nodes.List().Where(n => n.Metadata.Name != node.NodeName).SelectMany(static n => n.Status.Addresses.Select(static a => a.Address).Append(n.Metadata.Name))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var own = _nodes.TryGet(new("", node.NodeName), out var known) ? known.Status.Addresses.Select(static a => a.Address).ToHashSet(StringComparer.OrdinalIgnoreCase) : [];
        return node.DnsNames.All(n => (n == node.NodeName || own.Contains(n)) && !others.Contains(n) && !options.ControlPlaneNames.Contains(n))
            && node.Addresses.All(a => !IPAddress.IsLoopback(a) && !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any)
                && !others.Contains(a.ToString()) && !options.ControlPlaneNames.Contains(a.ToString())
                && options.ServiceCidr?.Contains(a) != true && options.ClusterCidr?.Contains(a) != true);
    }
}
