using System.Globalization;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Validation;

/// <summary>
/// A value in a message as upstream's internal types print it: every field by its Go name, absent pointers, lists and maps as null,
/// zero values written. The internal types of the API have no JSON names of their own.
/// </summary>
internal sealed class InternalValue(object? value)
{
    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text, value, indent: -1, 0);
        return text.ToString();
    }

    /// <summary>Indented by one space a level, as upstream shows differences.</summary>
    public string ToIndentedText()
    {
        var text = new StringBuilder();
        Write(text, value, indent: 0, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int indent, int depth)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case ApiStruct structure when IsMetaType(structure):
                WriteJson(text, ApiJson.ReadValue(ApiJson.WriteToArray(structure)), structure, indent, depth);
                break;
            case ApiStruct structure:
                WriteStruct(text, structure, indent, depth);
                break;
            case IApiMap map:
                WriteMap(text, map, indent, depth);
                break;
            case IApiList list:
                Open(text, '[', list.Count, indent, depth);
                for (var i = 0; i < list.Count; i++)
                {
                    Separate(text, i, indent, depth);
                    Write(text, list.ItemAt(i), indent, depth + 1);
                }

                Close(text, ']', list.Count, indent, depth);
                break;
            case string s:
                text.Append(Encoding.UTF8.GetString(ApiJson.WriteValueToArray(s)));
                break;
            case IntOrString either:
                text.Append(either.IsText ? GoText.Quote(either.Text!) : either.ToString());
                break;
            default:
                text.Append(Encoding.UTF8.GetString(ApiJson.WriteValueToArray(value)));
                break;
        }
    }

    /// <summary>Types of meta/v1 have no internal form and keep their JSON names.</summary>
    private static bool IsMetaType(ApiStruct structure) => structure.TypeSchema.Name.StartsWith("meta_v1.", StringComparison.Ordinal);

    private static void WriteJson(StringBuilder text, object? tree, ApiStruct source, int indent, int depth)
    {
        if (indent < 0)
        {
            text.Append(Encoding.UTF8.GetString(ApiJson.WriteToArray(source)));
        }
        else
        {
            Write(text, tree, indent, depth);
        }
    }

    private static void WriteStruct(StringBuilder text, ApiStruct structure, int indent, int depth)
    {
        var order = InternalTypes.FieldOrder(structure.TypeSchema);
        var written = 0;
        Open(text, '{', order.Count, indent, depth);
        foreach (var entry in order)
        {
            Separate(text, written++, indent, depth);
            text.Append('"').Append(entry.Name).Append("\":").Append(indent >= 0 ? " " : "");
            if (entry.Group is { } group)
            {
                WriteGroup(text, structure, group, indent, depth + 1);
            }
            else
            {
                WriteField(text, structure, entry.Ordinal, indent, depth + 1);
            }
        }

        Close(text, '}', order.Count, indent, depth);
    }

    /// <summary>An embedded struct whose fields stand apart in the versioned type, or the other way round.</summary>
    private static void WriteGroup(StringBuilder text, ApiStruct structure, InternalTypes.Group group, int indent, int depth)
    {
        if (group.Optional && group.Ordinals.All(o => structure.Slots[o] is null))
        {
            text.Append("null");
            return;
        }

        Open(text, '{', group.Ordinals.Length, indent, depth);
        for (var i = 0; i < group.Ordinals.Length; i++)
        {
            Separate(text, i, indent, depth);
            text.Append('"').Append(structure.TypeSchema.Fields[group.Ordinals[i]].GoField).Append("\":").Append(indent >= 0 ? " " : "");
            WriteField(text, structure, group.Ordinals[i], indent, depth + 1);
        }

        Close(text, '}', group.Ordinals.Length, indent, depth);
    }

    private static void WriteField(StringBuilder text, ApiStruct structure, int ordinal, int indent, int depth)
    {
        var field = structure.TypeSchema.Fields[ordinal];
        var value = structure.Slots[ordinal];
        if (value is null && field is { Pointer: false, Shape: FieldShape.Single })
        {
            switch (field.Kind)
            {
                case FieldKind.String:
                    text.Append("\"\"");
                    return;
                case FieldKind.Bool:
                    text.Append("false");
                    return;
                case FieldKind.Int32 or FieldKind.Int64 or FieldKind.Double or FieldKind.IntOrString:
                    text.Append('0');
                    return;
                case FieldKind.Struct:
                    Write(text, field.Struct!.Create(), indent, depth);
                    return;
                case FieldKind.Quantity:
                    text.Append("\"0\"");
                    return;
            }
        }

        Write(text, value is IApiMap { Count: 0 } or IApiList { Count: 0 } ? null : value, indent, depth);
    }

    private static void WriteMap(StringBuilder text, IApiMap map, int indent, int depth)
    {
        Open(text, '{', map.Count, indent, depth);
        for (var i = 0; i < map.Count; i++)
        {
            Separate(text, i, indent, depth);
            text.Append(GoText.Quote(map.KeyAt(i))).Append(':').Append(indent >= 0 ? " " : "");
            Write(text, map.ValueAt(i), indent, depth + 1);
        }

        Close(text, '}', map.Count, indent, depth);
    }

    private static void Open(StringBuilder text, char bracket, int count, int indent, int depth)
    {
        text.Append(bracket);
        _ = count;
        _ = indent;
        _ = depth;
    }

    private static void Separate(StringBuilder text, int index, int indent, int depth)
    {
        if (index > 0)
        {
            text.Append(',');
        }

        if (indent >= 0)
        {
            text.Append('\n').Append(' ', depth + 1);
        }
    }

    private static void Close(StringBuilder text, char bracket, int count, int indent, int depth)
    {
        if (indent >= 0 && count > 0)
        {
            text.Append('\n').Append(' ', depth);
        }

        text.Append(bracket);
    }

    internal static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
