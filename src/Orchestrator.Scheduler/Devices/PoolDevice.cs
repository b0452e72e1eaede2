using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Library;
using Orchestrator.Cel.Values;
using Orchestrator.Scheduler.Matching;

namespace Orchestrator.Scheduler.Devices;

/// <summary>A device of a pool, with the nodes that can reach it and what expressions see of it.</summary>
internal sealed class PoolDevice(DevicePool pool, ResourceSliceSpec slice, Device device) : ICelActivation
{
    private readonly string? _nodeName = slice.PerDeviceNodeSelection == true ? device.NodeName : slice.NodeName;
    private readonly bool _allNodes = (slice.PerDeviceNodeSelection == true ? device.AllNodes : slice.AllNodes) == true;
    private CelValue? _value;

    public DevicePool Pool => pool;

    public Device Device => device;

    public DeviceId Id { get; } = new(slice.Driver, slice.Pool.Name, device.Name);

    /// <summary>What a node's labels or name must be; null where a name or nothing is asked.</summary>
    public NodeSelector? Selector { get; } = slice.PerDeviceNodeSelection == true ? device.NodeSelector : slice.NodeSelector;

    /// <summary>Whether only one node has it.</summary>
    public bool IsLocal => _nodeName is { Length: > 0 };

    private NodeMatcher? Matcher => field ??= Selector is null ? null : NodeMatcher.Of(Selector);

    public bool IsReachableFrom(Node node) =>
        _allNodes || (_nodeName is { Length: > 0 } name ? name == node.Metadata.Name : Matcher?.Matches(node.Metadata.Name, node.Metadata.Labels) ?? false);

    /// <summary>An attribute by its full name; null if the device has none.</summary>
    public DeviceAttribute? Attribute(string fullName)
    {
        if (device.Attributes.TryGetValue(fullName, out var attribute))
        {
            return attribute;
        }

        // A name without a domain is the driver's own.
        return fullName.StartsWith(slice.Driver + "/", StringComparison.Ordinal) && device.Attributes.TryGetValue(fullName[(slice.Driver.Length + 1)..], out attribute)
            ? attribute
            : null;
    }

    public bool TryGet(string name, out CelValue value)
    {
        value = name == DeviceLibrary.Device ? _value ??= Describe() : default;
        return name == DeviceLibrary.Device;
    }

    private CelValue Describe()
    {
        var value = new CelDictionary();
        value.Set("driver", slice.Driver);
        value.Set("allowMultipleAllocations", device.AllowMultipleAllocations == true);
        value.Set("attributes", Domains.Of(slice.Driver, device.Attributes, static a => a switch
        {
            { Int: { } number } => CelValue.Int(number),
            { Bool: { } flag } => CelValue.Bool(flag),
            { String: { } text } => CelValue.String(text),
            { Version: { } version } => DeviceLibrary.Version(version),
            _ => CelValue.Error("unsupported attribute value"),
        }));
        value.Set("capacity", Domains.Of(slice.Driver, device.Capacity, static c => DeviceLibrary.Quantity((c.Value ?? Quantity.Zero).ToString())));
        return value;
    }

    /// <summary>Values by the domain of their names, then by the rest. A domain that nobody uses is empty rather than missing.</summary>
    private sealed class Domains : CelMap
    {
        private static readonly CelDictionary Empty = new();

        private readonly Dictionary<string, CelDictionary> _domains = new(StringComparer.Ordinal);

        public override int Count => _domains.Count;

        public override IEnumerable<CelValue> Keys => _domains.Keys.Select(CelValue.String);

        public override bool TryGet(in CelValue key, out CelValue value)
        {
            value = key.IsString && _domains.TryGetValue(key.AsString, out var known) ? known : Empty;
            return key.IsString;
        }

        public static Domains Of<T>(string driver, IEnumerable<KeyValuePair<string, T>> values, Func<T, CelValue> toValue)
        {
            var all = new Domains();
            foreach (var (name, value) in values)
            {
                var slash = name.IndexOf('/', StringComparison.Ordinal);
                var domain = slash < 0 ? driver : name[..slash];
                if (!all._domains.TryGetValue(domain, out var names))
                {
                    all._domains[domain] = names = new();
                }

                names.Set(name[(slash + 1)..], toValue(value));
            }

            return all;
        }
    }
}
