using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>
/// Writes the field set of a new object in one walk over its slots: the difference to an object with nothing set, without making sets or trees.
/// </summary>
/// <remarks>
/// Parts that an empty object shows too (structs by value, lists that are written as null) belong to nobody themselves, only what is in them does;
/// everything else is an addition and owned itself (<c>"."</c>).
/// </remarks>
internal static class CreatedFields
{
    [ThreadStatic]
    private static FieldsBuffer? t_buffer;

    /// <summary>The FieldsV1 of a new object; null if it sets nothing that can be owned.</summary>
    /// <exception cref="ApplyException">An item of a list cannot be identified.</exception>
    public static RawJson? Write(MapType type, ApiObject obj, ResetFields reset)
    {
        var buffer = t_buffer ??= new FieldsBuffer();
        try
        {
            var any = obj is CustomObject ? Custom(buffer, type, obj, reset.Unowned) : Present(buffer, type, obj, reset.Unowned);
            return any ? SharedFields.Of(buffer.Written) : null;
        }
        finally
        {
            buffer.Clear();
        }
    }

    /// <summary>The fields of a struct that an empty object has as well. Writes nothing and gives false if all is as there.</summary>
    private static bool Present(FieldsBuffer buffer, MapType type, ApiStruct value, FieldSet? unowned)
    {
        var start = buffer.Length;
        buffer.Add("{"u8);
        foreach (var member in type.Sorted)
        {
            if (value.Slots[member.Field!.Ordinal] is not { } slot)
            {
                continue;
            }

            FieldSet? unownedBelow = null;
            if (unowned is not null)
            {
                var node = unowned.Find(member.Element);
                if (node.Member)
                {
                    continue;
                }

                unownedBelow = node.Children;
            }

            var before = buffer.Length;
            buffer.AddName(member.Element.JsonName);
            if (member.IsOmittedWhenUnset)
            {
                Added(buffer, member.Type, slot, self: true);
            }
            else if (!PresentValue(buffer, member, slot, unownedBelow))
            {
                buffer.Length = before;
            }
        }

        return Close(buffer, start);
    }

    /// <summary>A field that an empty object shows with its zero value; false if this is that value.</summary>
    private static bool PresentValue(FieldsBuffer buffer, MapMember member, object slot, FieldSet? unowned)
    {
        if (member.Type is MapType { IsAtomic: false } map && slot is ApiStruct structure && !member.Field!.Pointer)
        {
            return Present(buffer, map, structure, unowned);
        }

        // Against a zero, which is null for lists, maps and pointers: the parts are new, the whole was there.
        Added(buffer, member.Type, slot, self: false);
        return true;
    }

    /// <summary>A value that is new, with all below it.</summary>
    /// <param name="buffer">Where to write.</param>
    /// <param name="declared">Its type.</param>
    /// <param name="value">A slot's value or a tree.</param>
    /// <param name="self">Whether the value itself is new as well.</param>
    private static void Added(FieldsBuffer buffer, FieldType declared, object? value, bool self)
    {
        if (declared is DeducedType)
        {
            declared = ValueComparer.Resolve(declared, value) ?? ScalarType.Any;
        }

        switch (declared)
        {
            case MapType { IsAtomic: false } map:
                buffer.Add(self ? "{\".\":{}"u8 : "{"u8);
                var any = value is ApiStruct structure && structure is not CustomObject && !ValueTree.IsAlternative(structure)
                    ? AddedStruct(buffer, map, structure)
                    : ValueTree.AsMap(value) is { } entries && AddedEntries(buffer, map, entries);
                End(buffer, self, any);
                return;
            case ListType { IsAssociative: true } list when ValueTree.AsList(value) is { Count: > 0 } items:
                buffer.Add(self ? "{\".\":{}"u8 : "{"u8);
                AddedItems(buffer, list, items);
                buffer.Add("}"u8);
                return;
            default:
                buffer.Add("{}"u8);
                return;
        }
    }

    private static bool AddedStruct(FieldsBuffer buffer, MapType type, ApiStruct value)
    {
        var any = false;
        foreach (var member in type.Sorted)
        {
            var slot = value.Slots[member.Field!.Ordinal];
            if (slot is null)
            {
                if (member.IsOmittedWhenUnset)
                {
                    continue;
                }

                slot = ValueTree.ZeroOf(member.Field);
            }

            any = true;
            buffer.AddName(member.Element.JsonName);
            Added(buffer, member.Type, slot, self: true);
        }

        return any;
    }

    private static bool AddedEntries(FieldsBuffer buffer, MapType type, IApiMap entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            var key = entries.KeyAt(i);
            var member = type.Find(key);
            if (member is null)
            {
                buffer.AddFieldName(key);
            }
            else
            {
                buffer.AddName(member.Element.JsonName);
            }

            Added(buffer, member?.Type ?? type.Element ?? FieldType.Deduced, entries.ValueAt(i), self: true);
        }

        return entries.Count > 0;
    }

    private static void AddedItems(FieldsBuffer buffer, ListType type, IApiList items)
    {
        if (items.Count == 1)
        {
            var only = items.ItemAt(0);
            AddElementName(buffer, type, Identify(type, only, 0));
            Added(buffer, type.Element, only, self: true);
            return;
        }

        var elements = new PathElement[items.Count];
        var places = new int[items.Count];
        for (var i = 0; i < elements.Length; i++)
        {
            (elements[i], places[i]) = (Identify(type, items.ItemAt(i), i), i);
        }

        Array.Sort(elements, places);
        for (var i = 0; i < elements.Length; i++)
        {
            AddElementName(buffer, type, elements[i]);
            if (i + 1 < elements.Length && elements[i].Equals(elements[i + 1]))
            {
                // Doubles are owned as one piece.
                buffer.Add("{}"u8);
                while (i + 1 < elements.Length && elements[i].Equals(elements[i + 1]))
                {
                    i++;
                }

                continue;
            }

            Added(buffer, type.Element, items.ItemAt(places[i]), self: true);
        }
    }

    private static void AddElementName(FieldsBuffer buffer, ListType type, PathElement element)
    {
        if (element.SingleTextKey is not { } value || !buffer.TryAddKeyName(type.Keys[0], value))
        {
            buffer.AddName(element.JsonName);
        }
    }

    private static PathElement Identify(ListType type, object? item, int place) =>
        type.ElementOf(item, out var error) ?? throw new ApplyException($"element {place}: {error}");

    private static bool Custom(FieldsBuffer buffer, MapType type, ApiObject obj, FieldSet unowned)
    {
        var start = buffer.Length;
        buffer.Add("{"u8);
        var entries = ValueTree.Open(obj);
        for (var i = 0; i < entries.Count; i++)
        {
            var key = entries.KeyAt(i);
            var member = type.Find(key);
            var node = unowned.Find(member?.Element ?? PathElement.Field(key));
            if (node.Member)
            {
                continue;
            }

            var before = buffer.Length;
            if (member is null)
            {
                buffer.AddFieldName(key);
            }
            else
            {
                buffer.AddName(member.Element.JsonName);
            }

            if (entries.ValueAt(i) is ApiStruct metadata && member?.Type is MapType metadataType)
            {
                if (!Present(buffer, metadataType, metadata, node.Children))
                {
                    buffer.Length = before;
                }
            }
            else
            {
                Added(buffer, member?.Type ?? type.Element ?? FieldType.Deduced, entries.ValueAt(i), self: true);
            }
        }

        return Close(buffer, start);
    }

    /// <summary>Ends an object whose own path is not in the set; takes it back if it is empty.</summary>
    private static bool Close(FieldsBuffer buffer, int start)
    {
        if (buffer.Length == start + 1)
        {
            buffer.Length = start;
            return false;
        }

        buffer.Add("}"u8);
        return true;
    }

    /// <summary>Ends an added object: with nothing below, its own mark goes.</summary>
    private static void End(FieldsBuffer buffer, bool self, bool any)
    {
        if (self && !any)
        {
            buffer.Length -= "\".\":{}"u8.Length;
        }

        buffer.Add("}"u8);
    }
}
