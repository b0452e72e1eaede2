using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>
/// Who gives an object an owner could have it deleted, so he must be allowed to delete it; and who lets it hold up its owner's deletion must be
/// allowed to set the owner's finalizers.
/// </summary>
internal sealed class OwnerReferencesPermissionEnforcement(AuthorizerChain authorizers, ResourceRegistry? registry) : IValidatingAdmission
{
    public string Name => "OwnerReferencesPermissionEnforcement";

    // A pod's status is written by its node, which has no say about owners: they cannot change there.
    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && !(subresource == "status" && resource is { Group: "", Resource: "pods" });

    public async ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not ApiObject obj)
        {
            return;
        }

        var old = (attributes.OldObject as ApiObject)?.Metadata.OwnerReferences ?? [];
        if (obj.Metadata.OwnerReferences.Equals(old))
        {
            return;
        }

        if (attributes.Operation != AdmissionOperation.Create)
        {
            var decision = await authorizers.AuthorizeAsync(
                new AccessAttributes
                {
                    User = attributes.User,
                    Verb = "delete",
                    Namespace = attributes.Namespace,
                    ApiGroup = attributes.Resource.Group,
                    ApiVersion = attributes.Resource.Version,
                    Resource = attributes.Resource.Resource,
                    Subresource = attributes.Subresource,
                    Name = attributes.Name,
                },
                cancellationToken);
            if (!decision.IsAllowed)
            {
                throw attributes.Forbidden($"cannot set an ownerRef on a resource you can't delete: {Describe(decision)}");
            }
        }

        foreach (var reference in obj.Metadata.OwnerReferences)
        {
            if (reference.BlockOwnerDeletion == true && !old.Any(o => o.Uid == reference.Uid && o.BlockOwnerDeletion == true))
            {
                await CheckOwnerAsync(reference, attributes, cancellationToken);
            }
        }
    }

    private async ValueTask CheckOwnerAsync(OwnerReference reference, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var slash = reference.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var (group, version) = slash < 0 ? ("", reference.ApiVersion) : (reference.ApiVersion[..slash], reference.ApiVersion[(slash + 1)..]);
        if (registry?.FindKind(reference.ApiVersion, reference.Kind) is not { } owner)
        {
            throw attributes.Forbidden(
                $"cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion {reference.ApiVersion} Kind {reference.Kind}: no matches for kind \"{reference.Kind}\" in version \"{reference.ApiVersion}\"");
        }

        var decision = await authorizers.AuthorizeAsync(
            new AccessAttributes
            {
                User = attributes.User,
                Verb = "update",
                Namespace = owner.Info.Namespaced ? attributes.Namespace : "",
                ApiGroup = group,
                ApiVersion = version,
                Resource = owner.Info.Resource,
                Subresource = "finalizers",
                Name = reference.Name,
            },
            cancellationToken);
        if (!decision.IsAllowed)
        {
            throw attributes.Forbidden($"cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: {Describe(decision)}");
        }
    }

    private static string Describe(AccessDecision decision) => $"{decision.Reason}, {(decision.Error.Length > 0 ? decision.Error : "<nil>")}";
}
