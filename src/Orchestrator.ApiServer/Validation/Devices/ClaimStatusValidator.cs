using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>What a claim was given, who uses it, and what drivers say of the devices.</summary>
internal static class ClaimStatusValidator
{
    private const int ConsumersMax = 256;
    private const int ConditionsMax = 8;
    private const int AddressesMax = 16;
    private const int InterfaceNameBytesMax = 256;
    private const int HardwareAddressBytesMax = 128;

    public static void Validate(ResourceClaim claim, ResourceClaim old, FieldErrorList errors)
    {
        var (status, path) = (claim.Status, FieldPath.Status);
        DeviceRules.EachOnce(status.ReservedFor, ConsumersMax, path.Child("reservedFor"), errors, (c, at) => Consumer(c, at, errors), static c => c.Uid);
        var allocated = Allocated(status.Allocation);
        DeviceRules.EachOnce(status.Devices, int.MaxValue, path.Child("devices"), errors, (d, at) => Device(d, at, allocated, errors), Id);
        if (status.ReservedFor.Count > 0)
        {
            if (status.Allocation is null)
            {
                errors.Forbidden(path, "reservedFor", "may not be specified when `allocated` is not set");
            }
            else if (claim.Metadata.DeletionTimestamp is not null && status.ReservedFor.Any(c => !old.Status.ReservedFor.Contains(c)))
            {
                errors.Forbidden(path, "reservedFor", "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set");
            }
        }

        if (status.Allocation is { } allocation)
        {
            if (old.Status.Allocation is { } before)
            {
                if (!Semantic.Equal(allocation, before))
                {
                    errors.Invalid(path, "allocation", new InternalValue(allocation), "field is immutable");
                }
            }
            else
            {
                Allocation(allocation, path.Child("allocation"), new RequestNames(claim.Spec.Devices), errors);
            }
        }
    }

    /// <summary>The devices that an allocation names.</summary>
    public static HashSet<DeviceId> Allocated(AllocationResult? allocation) =>
        allocation is null ? [] : allocation.Devices.Results.Select(static r => new DeviceId(r.Driver, r.Pool, r.Device, r.ShareID ?? "")).ToHashSet();

    public static DeviceId Id(AllocatedDeviceStatus device) => new(device.Driver, device.Pool, device.Device, device.ShareID ?? "");

    private static void Consumer(ResourceClaimConsumerReference consumer, FieldPath path, FieldErrorList errors)
    {
        if (consumer.Resource.Length == 0)
        {
            errors.Missing(path, "resource");
        }

        if (consumer.Name.Length == 0)
        {
            errors.Missing(path, "name");
        }

        if (consumer.Uid.Length == 0)
        {
            errors.Missing(path, "uid");
        }
    }

    private static void Allocation(AllocationResult allocation, FieldPath path, RequestNames names, FieldErrorList errors)
    {
        var at = path.Child("devices");
        DeviceRules.Each(allocation.Devices.Results, DeviceRules.ListMax, at.Child("results"), errors, (r, place) => Result(r, place, names, errors));
        DeviceRules.Each(allocation.Devices.Config, 2 * DeviceRules.ListMax, at.Child("config"), errors, (c, place) =>
        {
            errors.RequiredOneOf(place, "source", c.Source, "FromClaim", "FromClass");
            names.Validate(c.Requests, place.Child("requests"), errors);
            DeviceRules.Opaque(c.Opaque, place, errors);
        });
        if (allocation.NodeSelector is { } selector)
        {
            AffinityValidator.NodeSelector(selector, path.Child("nodeSelector"), errors);
        }
    }

    private static void Result(DeviceRequestAllocationResult result, FieldPath path, RequestNames names, FieldErrorList errors)
    {
        names.Validate(result.Request, path.Child("request"), errors);
        DeviceRules.Driver(result.Driver, path, "driver", errors);
        DeviceRules.Pool(result.Pool, path.Child("pool"), errors);
        DeviceRules.Label(result.Device, path.Child("device"), errors);
        DeviceRules.BindingConditions(result.BindingConditions, result.BindingFailureConditions, path, errors);
        DeviceRules.Tolerations(result.Tolerations, path.Child("tolerations"), errors);
        if (result.ShareID is { } share)
        {
            DeviceRules.Uid(share, path.Child("shareID"), errors);
        }
    }

    private static void Device(AllocatedDeviceStatus device, FieldPath path, HashSet<DeviceId> allocated, FieldErrorList errors)
    {
        DeviceRules.Driver(device.Driver, path, "driver", errors);
        DeviceRules.Pool(device.Pool, path.Child("pool"), errors);
        DeviceRules.Label(device.Device, path.Child("device"), errors);
        if (device.ShareID is { } share)
        {
            DeviceRules.Uid(share, path.Child("shareID"), errors);
        }

        var id = Id(device);
        if (!allocated.Contains(id))
        {
            errors.Invalid(path, new Bare(id.ToString()), "must be an allocated device in the claim");
        }

        if (device.Conditions.Count > ConditionsMax)
        {
            errors.TooMany(path.Child("conditions"), device.Conditions.Count, ConditionsMax);
        }

        ConditionValidator.Validate(device.Conditions, path.Child("conditions"), errors);
        if (device.Data is { } data && data.Utf8.Length > 0)
        {
            DeviceRules.Raw(data, path.Child("data"), errors);
        }

        if (device.NetworkData is { } network)
        {
            Network(network, path.Child("networkData"), errors);
        }
    }

    private static void Network(NetworkDeviceData network, FieldPath path, FieldErrorList errors)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(network.InterfaceName) > InterfaceNameBytesMax)
        {
            errors.TooLong(path.Child("interfaceName"), InterfaceNameBytesMax);
        }

        if (System.Text.Encoding.UTF8.GetByteCount(network.HardwareAddress) > HardwareAddressBytesMax)
        {
            errors.TooLong(path.Child("hardwareAddress"), HardwareAddressBytesMax);
        }

        DeviceRules.EachOnce(network.Ips, AddressesMax, path.Child("ips"), errors, (ip, at) => errors.InvalidEach(at, ip, IpFormats.InterfaceAddress(ip)), static ip => ip);
    }
}
