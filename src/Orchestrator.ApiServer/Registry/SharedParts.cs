using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Registry;

/// <summary>
/// Parts of specs that stored objects have in common. Pods of a template differ in little more than their names, so equal containers, probes or
/// labels are kept once: stored objects are never changed, and nobody can tell. Holds the latest; what is pushed out is merely shared no further.
/// </summary>
internal static class SharedParts
{
    /// <summary>A power of two.</summary>
    private const int Slots = 8192;

    private static readonly object?[] Known = new object?[Slots];

    /// <summary>Puts known parts in the place of equal ones. The object belongs to the store and is not yet seen by others.</summary>
    public static void Share(ApiObject obj)
    {
        if (obj is CustomObject || obj.Slots[ApiObject.MetadataSlot] is not ObjectMeta metadata)
        {
            return;
        }

        Share(ref metadata.Slots[ObjectMeta.Fields.Labels]);
        Share(ref metadata.Slots[ObjectMeta.Fields.Annotations]);
        Share(ref metadata.Slots[ObjectMeta.Fields.OwnerReferences]);
        if (obj.TypeSchema.Find("spec") is { } spec)
        {
            Share(ref obj.Slots[spec.Ordinal]);
        }
    }

    /// <summary>From the leaves up, so that comparing a part finds its own parts shared already. Returns the hash of the content.</summary>
    private static int Share(ref object? slot)
    {
        int hash;
        switch (slot)
        {
            case ApiStruct part:
                hash = HashOfSlots(part);
                break;
            case IApiList list:
                var items = default(HashCode);
                for (var i = 0; i < list.Count; i++)
                {
                    items.Add(list.ItemAt(i) is ApiStruct item ? HashOfSlots(item) : HashOf(list.ItemAt(i)));
                }

                hash = items.ToHashCode();
                break;
            case IApiMap map:
                var entries = default(HashCode);
                for (var i = 0; i < map.Count; i++)
                {
                    entries.Add(map.KeyAt(i).GetHashCode(StringComparison.Ordinal));
                    entries.Add(HashOf(map.ValueAt(i)));
                }

                hash = entries.ToHashCode();
                break;
            default:
                return HashOf(slot);
        }

        ref var place = ref Known[hash & (Slots - 1)];
        var known = Volatile.Read(ref place);
        if (known is not null && known.Equals(slot))
        {
            slot = known;
        }
        else
        {
            Volatile.Write(ref place, slot);
        }

        return hash;
    }

    private static int HashOfSlots(ApiStruct part)
    {
        var hash = default(HashCode);
        for (var i = 0; i < part.Slots.Length; i++)
        {
            if (part.Slots[i] is not null)
            {
                hash.Add(i);
                hash.Add(Share(ref part.Slots[i]));
            }
        }

        return hash.ToHashCode();
    }

    private static int HashOf(object? value) => value switch
    {
        null => 0,
        string text => text.GetHashCode(StringComparison.Ordinal),
        _ => value.GetHashCode(),
    };
}
