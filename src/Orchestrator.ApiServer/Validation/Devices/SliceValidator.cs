using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>The devices that a driver offers in one slice of a pool.</summary>
internal static class SliceValidator
{
    private const string OnePlace = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
    private const int DevicesMax = 128;
    private const int DevicesWithTaintsOrCountersMax = 64;
    private const int CounterSetsMax = 8;

    /// <param name="spec">The slice.</param>
    /// <param name="old">What it was; null for a new one.</param>
    /// <param name="errors">Takes the faults.</param>
    public static void Validate(ResourceSliceSpec spec, ResourceSliceSpec? old, FieldErrorList errors)
    {
        var path = FieldPath.Spec;
        DeviceRules.Driver(spec.Driver, path, "driver", errors);
        Pool(spec.Pool, path.Child("pool"), errors);
        if (old is not null)
        {
            errors.Immutable(path.Child("pool"), "name", spec.Pool.Name, old.Pool.Name);
            errors.Immutable(path, "driver", spec.Driver, old.Driver);
            errors.Immutable(path, "nodeName", spec.NodeName, old.NodeName);
        }

        Place(spec, path, errors);
        if (spec.IsGiven(ResourceSliceSpec.Fields.SharedCounters) && spec.IsGiven(ResourceSliceSpec.Fields.Devices))
        {
            errors.Invalid(path, "", "only one of `sharedCounters` or `devices` is allowed");
        }

        var max = spec.Devices.Any(static d => d.Taints.Count > 0 || d.ConsumesCounters.Count > 0) ? DevicesWithTaintsOrCountersMax : DevicesMax;
        DeviceRules.EachOnce(
            spec.Devices,
            max,
            path.Child("devices"),
            errors,
            (d, at) => DeviceValidator.Validate(d, old?.Devices.FirstOrDefault(b => b.Name == d.Name), spec.PerDeviceNodeSelection == true, at, errors),
            static d => d.Name);
        DeviceRules.EachOnce(
            spec.SharedCounters,
            CounterSetsMax,
            path.Child("sharedCounters"),
            errors,
            (s, at) => DeviceValidator.Counters(s.Name, "name", s.Counters, at, errors),
            static s => s.Name);
    }

    private static bool IsGiven(this ApiStruct structure, int slot) => structure.Slots[slot] is not null;

    private static void Pool(ResourcePool pool, FieldPath path, FieldErrorList errors)
    {
        DeviceRules.Pool(pool.Name, path.Child("name"), errors);
        if (pool.ResourceSliceCount <= 0)
        {
            errors.Invalid(path, "resourceSliceCount", pool.ResourceSliceCount, "must be greater than zero");
        }

        if (pool.Generation < 0)
        {
            errors.Invalid(path, "generation", pool.Generation, "must be greater than or equal to zero");
        }
    }

    private static void Place(ResourceSliceSpec spec, FieldPath path, FieldErrorList errors)
    {
        var places = new List<string>();
        if (spec.NodeName is { Length: > 0 } node)
        {
            places.Add("`nodeName`");
            errors.InvalidEach(path, "nodeName", node, Formats.DnsSubdomain(node));
        }
        else if (spec.NodeName is not null)
        {
            errors.Invalid(path, "nodeName", "", "must be either unset or set to a non-empty string");
        }

        if (spec.NodeSelector is { } selector)
        {
            places.Add("`nodeSelector`");
            AffinityValidator.NodeSelector(selector, path.Child("nodeSelector"), errors);
            if (selector.NodeSelectorTerms.Count != 1)
            {
                errors.Invalid(path.Child("nodeSelector"), "nodeSelectorTerms", new InternalValue(selector.NodeSelectorTerms), "must have exactly one node selector term");
            }
        }

        Flag(spec.AllNodes, "allNodes");
        Flag(spec.PerDeviceNodeSelection, "perDeviceNodeSelection");
        if (places.Count == 0)
        {
            errors.Required(path, OnePlace);
        }
        else if (places.Count > 1)
        {
            errors.Invalid(path, $"{{{string.Join(", ", places)}}}", OnePlace + ", but multiple fields are set");
        }

        void Flag(bool? value, string field)
        {
            if (value == true)
            {
                places.Add($"`{field}`");
            }
            else if (value == false)
            {
                errors.Invalid(path, field, false, "must be either unset or set to true");
            }
        }
    }
}
