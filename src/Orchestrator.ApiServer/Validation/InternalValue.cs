using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
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
            case InternalFields part:
                Open(text, '{');
                for (var i = 0; i < part.Fields.Length; i++)
                {
                    Separate(text, i, indent, depth);
                    text.Append('"').Append(part.Fields[i].Name).Append("\":").Append(indent >= 0 ? " " : "");
                    Write(text, part.Fields[i].Value, indent, depth + 1);
                }

                Close(text, '}', part.Fields.Length, indent, depth);
                break;
            case IApiMap map:
                WriteMap(text, map, indent, depth);
                break;
            case IApiList list:
                Open(text, '[');
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
        Open(text, '{');
        var written = 0;
        for (var i = 0; i < order.Count; i++)
        {
            if (structure.TypeSchema.Fields[order[i].Ordinal] is { GoField: "ObjectMeta" })
            {
                written = WriteMetadata(text, structure.Slots[order[i].Ordinal] as ApiStruct, written, indent, depth);
                continue;
            }

            Separate(text, written++, indent, depth);
            text.Append('"').Append(order[i].Name).Append("\":").Append(indent >= 0 ? " " : "");
            if (structure is PodSpec spec && order[i].Ordinal == PodSpec.Fields.SecurityContext)
            {
                WriteSecurityContext(text, spec, indent, depth + 1);
            }
            else
            {
                WriteField(text, structure, order[i].Ordinal, indent, depth + 1);
            }
        }

        Close(text, '}', written, indent, depth);
    }

    /// <summary>Metadata is embedded in the internal types: its fields stand among those of the object, by their JSON names.</summary>
    private static int WriteMetadata(StringBuilder text, ApiStruct? metadata, int written, int indent, int depth)
    {
        if (metadata is not null && ApiJson.ReadValue(ApiJson.WriteToArray(metadata)) is IApiMap fields)
        {
            for (var i = 0; i < fields.Count; i++)
            {
                Separate(text, written++, indent, depth);
                text.Append('"').Append(fields.KeyAt(i)).Append("\":").Append(indent >= 0 ? " " : "");
                Write(text, fields.ValueAt(i), indent, depth + 1);
            }
        }

        return written;
    }

    private static void WriteSecurityContext(StringBuilder text, PodSpec spec, int indent, int depth)
    {
        var context = spec.SecurityContext ?? PodSecurityContext.Empty;
        var order = InternalTypes.FieldOrder(context.TypeSchema);
        var written = 0;
        Open(text, '{');
        foreach (var ordinal in InternalTypes.PodSecurityFields)
        {
            Separate(text, written++, indent, depth);
            text.Append('"').Append(spec.TypeSchema.Fields[ordinal].GoField).Append("\":").Append(indent >= 0 ? " " : "");
            WriteField(text, spec, ordinal, indent, depth + 1);
        }

        foreach (var entry in order)
        {
            Separate(text, written++, indent, depth);
            text.Append('"').Append(entry.Name).Append("\":").Append(indent >= 0 ? " " : "");
            WriteField(text, context, entry.Ordinal, indent, depth + 1);
        }

        Close(text, '}', written, indent, depth);
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

        Write(text, value, indent, depth);
    }

    private static void WriteMap(StringBuilder text, IApiMap map, int indent, int depth)
    {
        Open(text, '{');
        for (var i = 0; i < map.Count; i++)
        {
            Separate(text, i, indent, depth);
            text.Append(GoText.Quote(map.KeyAt(i))).Append(':').Append(indent >= 0 ? " " : "");
            Write(text, map.ValueAt(i), indent, depth + 1);
        }

        Close(text, '}', map.Count, indent, depth);
    }

    private static void Open(StringBuilder text, char bracket) => text.Append(bracket);

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
}
