using Orchestrator.Api;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Equality as upstream's Semantic.DeepEqual sees it: absent equals empty, quantities and times are compared by value.</summary>
internal static class Semantic
{
    public static bool Equal(object? left, object? right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }

        if (left is null || right is null)
        {
            return (left ?? right) is IApiList { Count: 0 } or IApiMap { Count: 0 } or byte[] { Length: 0 };
        }

        return (left, right) switch
        {
            (Quantity a, Quantity b) => a.CompareTo(b) == 0,
            (ApiStruct a, ApiStruct b) => Structs(a, b),
            (IApiList a, IApiList b) => Lists(a, b),
            (IApiMap a, IApiMap b) => Maps(a, b),
            _ => Values.DeepEquals(left, right),
        };
    }

    private static bool Structs(ApiStruct left, ApiStruct right)
    {
        if (!ReferenceEquals(left.TypeSchema, right.TypeSchema))
        {
            return false;
        }

        var fields = left.TypeSchema.Fields;
        for (var i = 0; i < fields.Length; i++)
        {
            var (a, b) = (left.Slots[i], right.Slots[i]);
            if (!Equal(a, b) && !(fields[i] is { Pointer: false, Shape: FieldShape.Single } && IsZero(a) && IsZero(b)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsZero(object? value) => value switch
    {
        null => true,
        ApiStruct structure => Array.TrueForAll(structure.Slots, IsZero),
        Quantity quantity => quantity.IsZero,
        IApiList list => list.Count == 0,
        IApiMap map => map.Count == 0,
        _ => false,
    };

    private static bool Lists(IApiList left, IApiList right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Count; i++)
        {
            if (!Equal(left.ItemAt(i), right.ItemAt(i)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Maps(IApiMap left, IApiMap right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Count; i++)
        {
            if (left.KeyAt(i) != right.KeyAt(i) || !Equal(left.ValueAt(i), right.ValueAt(i)))
            {
                return false;
            }
        }

        return true;
    }
}
