using Orchestrator.Api.Resources.V1;
using Namespace = Orchestrator.Api.Core.V1.Namespace;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>Access to devices past those who use them, which only namespaces that are labelled for it may have.</summary>
internal static class AdminAccess
{
    private const string Label = "resource.kubernetes.io/admin-access";

    /// <summary>A claim that asks for it.</summary>
    public static void Requested(ResourceClaimSpec spec, string ns, Func<string, Namespace?> namespaces, FieldErrorList errors)
    {
        for (var i = 0; i < spec.Devices.Requests.Count; i++)
        {
            if (spec.Devices.Requests[i].Exactly?.AdminAccess == true)
            {
                // Upstream names the place that v1beta1 has for it, also for templates.
                Check(FieldPath.Spec.Child("devices", "requests").Index(i), ns, namespaces, errors);
                return;
            }
        }
    }

    /// <summary>An allocation that gives it where it was not given before.</summary>
    public static void Granted(AllocationResult? allocation, AllocationResult? old, string ns, Func<string, Namespace?> namespaces, FieldErrorList errors)
    {
        if (IndexOf(allocation) is >= 0 and var index && IndexOf(old) < 0)
        {
            Check(FieldPath.Status.Child("allocation").Child("devices", "results").Index(index), ns, namespaces, errors);
        }
    }

    private static int IndexOf(AllocationResult? allocation)
    {
        for (var i = 0; allocation is not null && i < allocation.Devices.Results.Count; i++)
        {
            if (allocation.Devices.Results[i].AdminAccess == true)
            {
                return i;
            }
        }

        return -1;
    }

    private static void Check(FieldPath parent, string ns, Func<string, Namespace?> namespaces, FieldErrorList errors)
    {
        if (namespaces(ns) is not { } found)
        {
            errors.Internal(parent.Child("adminAccess"), $"could not retrieve namespace to verify admin access: namespaces \"{ns}\" not found");
        }
        else if (found.Metadata.Labels.GetValueOrDefault(Label) != "true")
        {
            errors.Forbidden(parent, "adminAccess", $"admin access to devices requires the `{Label}: true` label on the containing namespace");
        }
    }
}
