using Orchestrator.Api;

namespace Orchestrator.ApiServer.Machinery;

/// <summary>
/// Changes in place, for objects that the pipeline has decoded or copied for one request and not yet committed. An object out of a
/// store or cache is shared: <see cref="DeepCopy{T}"/> it first.
/// </summary>
internal static class Editing
{
    /// <summary>Sets a slot; the value must be what the slot's kind holds (see <see cref="ApiStruct"/>). Integers and zero values are adapted.</summary>
    public static void Set(this ApiStruct target, int ordinal, object? value)
    {
        var field = target.TypeSchema.Fields[ordinal];
        value = value switch
        {
            int number => Boxed.Of(number),
            long number => Boxed.Of(number),
            bool flag => Boxed.Of(flag),
            _ => value,
        };
        if (!field.Pointer && (value is "" or 0L or false || (value is IApiList { Count: 0 } or IApiMap { Count: 0 } && field.OmitEmpty)))
        {
            value = null;
        }

        target.Slots[ordinal] = value;
    }

    /// <summary>Sets a slot if it is unset.</summary>
    public static void Default(this ApiStruct target, int ordinal, object value)
    {
        if (target.Slots[ordinal] is null)
        {
            target.Set(ordinal, value);
        }
    }

    public static bool IsSet(this ApiStruct target, int ordinal) => target.Slots[ordinal] is not null;

    /// <summary>The struct in a slot, made if it is not there, for changing in place.</summary>
    public static T Own<T>(this ApiStruct target, int ordinal)
        where T : ApiStruct => (T)(target.Slots[ordinal] ??= target.TypeSchema.Fields[ordinal].Struct!.Create());

    /// <summary>The map in a slot, made if it is not there, for changing in place.</summary>
    public static ApiMap<T> OwnMap<T>(this ApiStruct target, int ordinal) => (ApiMap<T>)(target.Slots[ordinal] ??= new ApiMap<T>());

    /// <summary>A copy that shares nothing that can be changed in place.</summary>
    public static T DeepCopy<T>(this T value)
        where T : ApiStruct => (T)Copy(value)!;

    private static object? Copy(object? value)
    {
        switch (value)
        {
            case ApiStruct structure:
                var slots = new object?[structure.Slots.Length];
                for (var i = 0; i < slots.Length; i++)
                {
                    slots[i] = Copy(structure.Slots[i]);
                }

                return structure.TypeSchema.Create(slots);
            case IApiList list:
                return list.Rebuild(static v => Copy(v));
            case IApiMap map:
                return map.Rebuild(static v => Copy(v));
            default:
                return value;
        }
    }
}
