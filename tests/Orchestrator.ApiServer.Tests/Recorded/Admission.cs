using System.Text.Json.Nodes;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>As much of admission as validation depends on, and the removal of the rest from answers before they are compared.</summary>
internal static class Admission
{
    private static readonly string[] PodFields = ["serviceAccount", "serviceAccountName", "priority", "preemptionPolicy", "tolerations"];

    /// <summary>The service account that every pod has.</summary>
    public static void Simulate(ApiObject obj, ApiObject? old = null)
    {
        if (obj is not Pod pod)
        {
            return;
        }

        if (old is not Pod before)
        {
            pod.Own<PodSpec>(Pod.Fields.Spec).Default(PodSpec.Fields.ServiceAccountName, "default");
            return;
        }

        foreach (var slot in new[] { PodSpec.Fields.Tolerations, PodSpec.Fields.Priority, PodSpec.Fields.PreemptionPolicy })
        {
            pod.Spec.Slots[slot] ??= before.Spec.Slots[slot];
        }
    }

    public static void Strip(JsonNode answer)
    {
        var kind = (string?)answer["kind"];
        if (kind == "Pod" && answer["spec"] is JsonObject spec)
        {
            foreach (var field in PodFields)
            {
                spec.Remove(field);
            }

            RemoveTokens(spec, "volumes");
            foreach (var list in new[] { "containers", "initContainers", "ephemeralContainers" })
            {
                foreach (var container in spec[list] as JsonArray ?? [])
                {
                    RemoveTokens(container!.AsObject(), "volumeMounts");
                }
            }
        }

        if (kind is "PersistentVolume" or "PersistentVolumeClaim" or "VolumeAttributesClass" && answer["metadata"]!["finalizers"] is JsonArray finalizers)
        {
            foreach (var item in finalizers.Where(static f => ((string)f!).EndsWith("-protection", StringComparison.Ordinal)).ToArray())
            {
                finalizers.Remove(item);
            }

            if (finalizers.Count == 0)
            {
                answer["metadata"]!.AsObject().Remove("finalizers");
            }
        }

        if (kind == "Node" && answer["spec"] is JsonObject node && ((string?)node["taints"]?[0]?["key"])?.StartsWith("node.kubernetes.io/", StringComparison.Ordinal) == true)
        {
            node.Remove("taints");
        }

        if (kind == "Service" && answer["spec"] is JsonObject service)
        {
            foreach (var field in new[] { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort" })
            {
                service.Remove(field);
            }

            foreach (var port in service["ports"] as JsonArray ?? [])
            {
                port!.AsObject().Remove("nodePort");
            }
        }
    }

    private static void RemoveTokens(JsonObject owner, string field)
    {
        if (owner[field] is JsonArray list)
        {
            foreach (var item in list.Where(static i => ((string?)i!["name"])?.StartsWith("kube-api-access-", StringComparison.Ordinal) == true).ToArray())
            {
                list.Remove(item);
            }

            if (list.Count == 0)
            {
                owner.Remove(field);
            }
        }
    }
}
