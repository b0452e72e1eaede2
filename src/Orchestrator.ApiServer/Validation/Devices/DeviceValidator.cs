using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>One device of a slice: attributes, capacity, taints, counters, where it can be used.</summary>
internal static partial class DeviceValidator
{
    private const string OnePlace = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    private const int AttributesAndCapacitiesMax = 32;
    private const int NameShownMax = 63 + 1 + 32;
    private const int TaintsMax = 16;
    private const int ConsumptionsMax = 2;
    private const int CountersMax = 32;
    private const int ValueBytesMax = 64;

    /// <param name="device">The device.</param>
    /// <param name="old">What it was; null for a new one.</param>
    /// <param name="choosesNode">Whether each device of the slice says where it can be used.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="errors">Takes the faults.</param>
    public static void Validate(Device device, Device? old, bool choosesNode, FieldPath path, FieldErrorList errors)
    {
        DeviceRules.Label(device.Name, path.Child("name"), errors);
        var count = device.Attributes.Count + device.Capacity.Count;
        if (count > AttributesAndCapacitiesMax)
        {
            errors.Invalid(path, count, $"the total number of attributes and capacities must not exceed {AttributesAndCapacitiesMax}");
        }

        var attributes = path.Child("attributes");
        foreach (var (name, attribute) in device.Attributes)
        {
            DeviceRules.QualifiedName(name, attributes, errors);
            Attribute(attribute, attributes.Key(Shown(name)), errors);
        }

        if (old is null || !Semantic.Equal(old.Capacity, device.Capacity))
        {
            Capacity(device, path.Child("capacity"), errors);
        }

        if (old is null || !Semantic.Equal(old.Taints, device.Taints))
        {
            DeviceRules.Each(device.Taints, TaintsMax, path.Child("taints"), errors, (t, at) => DeviceRules.Taint(t, at, errors));
        }

        DeviceRules.EachOnce(
            device.ConsumesCounters,
            ConsumptionsMax,
            path.Child("consumesCounters"),
            errors,
            (c, at) => Counters(c.CounterSet, "counterSet", c.Counters, at, errors),
            static c => c.CounterSet);
        if (choosesNode)
        {
            Place(device, path, errors);
        }
        else if (device.NodeName is not null || device.NodeSelector is not null || device.AllNodes is not null)
        {
            errors.Invalid(path, null, "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec");
        }

        DeviceRules.BindingConditions(device.BindingConditions, device.BindingFailureConditions, path, errors);
    }

    /// <summary>A named set of counters.</summary>
    public static void Counters(string name, string field, ApiMap<Counter> counters, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Missing(path, field);
        }
        else
        {
            DeviceRules.Label(name, path.Child(field), errors);
        }

        var at = path.Child("counters");
        if (counters.Count == 0)
        {
            errors.Required(at);
        }
        else if (counters.Count > CountersMax)
        {
            errors.TooMany(at, counters.Count, CountersMax);
        }
        else
        {
            foreach (var (counter, _) in counters)
            {
                DeviceRules.Label(counter, at, errors);
            }
        }
    }

    private static void Attribute(DeviceAttribute attribute, FieldPath path, FieldErrorList errors)
    {
        if (attribute.String is { } text && Encoding.UTF8.GetByteCount(text) > ValueBytesMax)
        {
            errors.TooLong(path.Child("string"), ValueBytesMax);
        }

        if (attribute.Version is { } version)
        {
            if (!SemanticVersion().IsMatch(version))
            {
                errors.Invalid(path, "version", version, "must be a string compatible with semver.org spec 2.0.0");
            }

            if (Encoding.UTF8.GetByteCount(version) > ValueBytesMax)
            {
                errors.TooLong(path.Child("version"), ValueBytesMax);
            }
        }

        var given = (attribute.Bool is null ? 0 : 1) + (attribute.Int is null ? 0 : 1) + (attribute.String is null ? 0 : 1) + (attribute.Version is null ? 0 : 1);
        if (given != 1)
        {
            errors.Invalid(path, given == 0 ? "" : new InternalValue(attribute), "exactly one value must be specified");
        }
    }

    private static void Capacity(Device device, FieldPath path, FieldErrorList errors)
    {
        foreach (var (name, capacity) in device.Capacity)
        {
            DeviceRules.QualifiedName(name, path, errors);
            if (capacity.RequestPolicy is not { } policy)
            {
                continue;
            }

            var at = path.Key(Shown(name)).Child("requestPolicy");
            if (device.AllowMultipleAllocations == true)
            {
                RequestPolicyValidator.Validate(policy, capacity.Value ?? Quantity.Zero, at, errors);
            }
            else
            {
                errors.Forbidden(at, "allowMultipleAllocations must be true");
            }
        }
    }

    private static void Place(Device device, FieldPath path, FieldErrorList errors)
    {
        var places = new List<string>();
        if (device.NodeName is { Length: > 0 } node)
        {
            places.Add("`nodeName`");
            errors.InvalidEach(path, "nodeName", node, Formats.DnsSubdomain(node));
        }
        else if (device.NodeName is not null)
        {
            errors.Invalid(path, "nodeName", "", "must not be empty");
        }

        if (device.NodeSelector is { } selector)
        {
            places.Add("`nodeSelector`");
            AffinityValidator.NodeSelector(selector, path.Child("nodeSelector"), errors);
        }

        if (device.AllNodes == true)
        {
            places.Add("`allNodes`");
        }
        else if (device.AllNodes == false)
        {
            errors.Invalid(path, "allNodes", false, "must be either unset or set to true");
        }

        if (places.Count == 0)
        {
            errors.Required(path, OnePlace);
        }
        else if (places.Count > 1)
        {
            errors.Invalid(path, $"{{{string.Join(", ", places)}}}", OnePlace);
        }
    }

    /// <summary>A key that is too long is cut in its middle.</summary>
    private static string Shown(string name) =>
        name.Length <= NameShownMax ? name : name[..((NameShownMax - 3 + 1) / 2)] + "..." + name[^((NameShownMax - 3) / 2)..];

    [GeneratedRegex(@"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?\z")]
    private static partial Regex SemanticVersion();
}
