using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>Nodes: taints, addresses of pods, what a node offers.</summary>
internal static class NodeRules
{
    public static void Create(Node node, FieldErrorList errors)
    {
        Taints(node, errors);
        Capacity(node.Status, errors);
        PodCidrs(node, errors);
    }

    public static void Update(Node node, Node old, FieldErrorList errors)
    {
        Capacity(node.Status, errors);
        var addresses = new HashSet<NodeAddress>();
        for (var i = 0; i < node.Status.Addresses.Count; i++)
        {
            if (!addresses.Add(node.Status.Addresses[i]))
            {
                errors.Duplicate(FieldPath.Status.Child("addresses").Index(i), new InternalValue(node.Status.Addresses[i]));
            }
        }

        var (cidrs, before) = (node.Spec.PodCIDRs, old.Spec.PodCIDRs);
        var changes = before.Count == 0 ? 0 : cidrs.Count != before.Count ? 1 : cidrs.Select((c, i) => c != before[i]).Count(static differs => differs);
        for (; changes > 0; changes--)
        {
            errors.Forbidden(FieldPath.Spec, "podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
        }

        if (old.Spec.ProviderID.Length > 0 && node.Spec.ProviderID != old.Spec.ProviderID)
        {
            errors.Forbidden(FieldPath.Spec, "providerID", "node updates may not change providerID except from \"\" to valid");
        }

        Taints(node, errors);
        if (node.Spec.ExternalID != old.Spec.ExternalID)
        {
            errors.Forbidden(FieldPath.Spec, "externalID", "may not be updated");
        }

        if (!node.Status.DeclaredFeatures.Equals(old.Status.DeclaredFeatures))
        {
            DeclaredFeatures(node, errors);
        }
    }

    private static void Taints(Node node, FieldErrorList errors)
    {
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < node.Spec.Taints.Count; i++)
        {
            var taint = node.Spec.Taints[i];

            // Upstream looks at taints from the metadata's path.
            var path = FieldPath.Metadata.Child("taints").Index(i);
            errors.InvalidEach(path, "key", taint.Key, Formats.QualifiedName(taint.Key));
            if (Formats.LabelValue(taint.Value) is { Count: > 0 } faults)
            {
                errors.Invalid(path, "value", taint.Value, string.Join(";", faults));
            }

            if (taint.Effect.Length == 0)
            {
                errors.Missing(path, "effect");
            }
            else
            {
                AffinityValidator.Effect(taint.Effect, path, errors);
            }

            if (!seen.Add((taint.Key, taint.Effect)))
            {
                errors.Duplicate(path, new InternalValue(taint), "taints must be unique by key and effect pair");
            }
        }
    }

    private static void Capacity(NodeStatus status, FieldErrorList errors)
    {
        Amounts(status.Capacity, "capacity");
        Amounts(status.Allocatable, "allocatable");

        void Amounts(ApiMap<Quantity> list, string field)
        {
            foreach (var (name, quantity) in list)
            {
                // Heartbeats come often: paths are made for what may be wrong.
                if (quantity.Sign < 0 || quantity.MilliValue % 1000 != 0)
                {
                    ResourceValidator.Amount(name, quantity, FieldPath.Status.Child(field).Child(name), errors);
                }
            }
        }
    }

    private static void PodCidrs(Node node, FieldErrorList errors)
    {
        var cidrs = node.Spec.PodCIDRs;
        for (var i = 0; i < cidrs.Count; i++)
        {
            errors.InvalidEach(FieldPath.Spec.Child("podCIDRs").Index(i), cidrs[i], IpFormats.Cidr(cidrs[i]));
        }

        if (cidrs.Count > 1 && (cidrs.Count > 2 || cidrs[0].Contains(':', StringComparison.Ordinal) == cidrs[1].Contains(':', StringComparison.Ordinal)))
        {
            errors.Invalid(FieldPath.Spec, "podCIDRs", cidrs, "may specify no more than one CIDR for each IP family");
        }

        for (var i = 1; i < cidrs.Count; i++)
        {
            if (cidrs.Take(i).Contains(cidrs[i]))
            {
                errors.Duplicate(FieldPath.Spec.Child("podCIDRs").Index(i), cidrs[i]);
            }
        }
    }

    private static void DeclaredFeatures(Node node, FieldErrorList errors)
    {
        var features = node.Status.DeclaredFeatures;
        for (var i = 0; i < features.Count; i++)
        {
            var path = FieldPath.Status.Child("declaredFeatures").Index(i);
            if (i > 0 && string.CompareOrdinal(features[i], features[i - 1]) < 0)
            {
                errors.Invalid(path, features[i], "list must be sorted alphabetically");
            }
            else if (i > 0 && features[i] == features[i - 1])
            {
                errors.Duplicate(path, features[i]);
            }

            if (!IsFeature(features[i]))
            {
                errors.Invalid(path, features[i], $"invalid feature name \"{features[i]}\": must start with an UpperCamelCase segment, with subsequent segments separated by '/'"
                    + " (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes");
            }
        }
    }

    private static bool IsFeature(string name)
    {
        var segments = name.Split('/');
        return char.IsAsciiLetterUpper(segments[0].FirstOrDefault()) && segments.All(static s => s.Length > 0 && s.All(char.IsAsciiLetterOrDigit));
    }
}
