using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Pods stay five minutes on a node that is not ready or not reachable, unless they say otherwise.</summary>
internal sealed class DefaultTolerationSeconds : IMutatingAdmission
{
    private const string NotReadyKey = "node.kubernetes.io/not-ready";
    private const string UnreachableKey = "node.kubernetes.io/unreachable";

    private static readonly Toleration NotReady = new() { Key = NotReadyKey, Operator = "Exists", Effect = "NoExecute", TolerationSeconds = 300 };
    private static readonly Toleration Unreachable = new() { Key = UnreachableKey, Operator = "Exists", Effect = "NoExecute", TolerationSeconds = 300 };

    public string Name => "DefaultTolerationSeconds";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0 && resource is { Group: "", Resource: "pods" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        bool notReady = false, unreachable = false;
        foreach (var toleration in pod.Spec.Tolerations)
        {
            if (toleration.Effect is "NoExecute" or "")
            {
                notReady |= toleration.Key is NotReadyKey or "";
                unreachable |= toleration.Key is UnreachableKey or "";
            }
        }

        if (notReady && unreachable)
        {
            return default;
        }

        ApiList<Toleration> tolerations = (notReady, unreachable) switch
        {
            (false, false) => [.. pod.Spec.Tolerations, NotReady, Unreachable],
            (false, true) => [.. pod.Spec.Tolerations, NotReady],
            _ => [.. pod.Spec.Tolerations, Unreachable],
        };
        pod.Own<PodSpec>(Pod.Fields.Spec).Set(PodSpec.Fields.Tolerations, tolerations);
        return default;
    }
}
