using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Objects are made only in namespaces that exist and are not going away; the first namespaces cannot be deleted.</summary>
internal sealed class NamespaceLifecycle(IObjectLister objects) : IMutatingAdmission
{
    public string Name => "NamespaceLifecycle";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Delete ? resource is { Group: "", Resource: "namespaces" }
        : operation != AdmissionOperation.Connect && resource.Namespaced && resource is not { Group: "authorization.k8s.io", Resource: "localsubjectaccessreviews" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Operation == AdmissionOperation.Delete)
        {
            if (attributes.Name is "default" or "kube-system" or "kube-public")
            {
                throw Errors.Forbidden("", "namespaces", attributes.Name, "this namespace may not be deleted");
            }

            return default;
        }

        if (attributes.Namespace.Length == 0)
        {
            return default;
        }

        var ns = objects.Get<Namespace>("", attributes.Namespace) ?? throw Errors.NotFound("", "namespaces", attributes.Namespace);
        if (attributes.Operation == AdmissionOperation.Create && ns.Status.Phase == "Terminating")
        {
            var forbidden = attributes.Forbidden($"unable to create new content in namespace {attributes.Namespace} because it is being terminated").Status;
            throw new ApiException(forbidden with
            {
                Details = forbidden.Details! with
                {
                    Causes = [new StatusCause
                    {
                        Reason = "NamespaceTerminating", Message = $"namespace {attributes.Namespace} is being terminated", Field = "metadata.namespace",
                    }],
                },
            });
        }

        return default;
    }
}
