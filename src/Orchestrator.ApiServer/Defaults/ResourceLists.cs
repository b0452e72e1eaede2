using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Quantities of a ResourceList are kept to thousandths, rounded up.</summary>
internal static class ResourceLists
{
    public static void Round(ApiMap<Quantity> list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list.ValueAt(i) is Quantity quantity && quantity.RoundUpToMilli() is var rounded && !ReferenceEquals(rounded, quantity))
            {
                list.SetSlot(list.KeyAt(i), rounded);
            }
        }
    }

    public static void Round(ResourceRequirements resources)
    {
        Round(resources.Limits);
        Round(resources.Requests);
    }

    /// <summary>Sets each key that is missing in a map slot to its value in another map.</summary>
    public static void FillFrom(ApiStruct owner, int ordinal, ApiMap<Quantity> source)
    {
        for (var i = 0; i < source.Count; i++)
        {
            var key = source.KeyAt(i);
            var target = owner.OwnMap<Quantity>(ordinal);
            if (!target.ContainsKey(key))
            {
                target.SetSlot(key, source.ValueAt(i));
            }
        }
    }
}
