using System.Collections.Concurrent;

namespace Orchestrator.Api.Protobuf;

/// <summary>A type as protobuf sees it: fields by ascending tag, and the structs that JSON has inlined as the messages they are here.</summary>
internal sealed class ProtoLayout
{
    // Derived from the immutable tables, so one copy serves the whole process.
    private static readonly ConcurrentDictionary<StructSchema, ProtoLayout> Layouts = new();

    private readonly ProtoField[] _fields;

    private ProtoLayout(ProtoField[] fields) => _fields = fields;

    /// <summary>Ascending by tag.</summary>
    public ReadOnlySpan<ProtoField> Fields => _fields;

    public static ProtoLayout Of(StructSchema schema) =>
        Layouts.TryGetValue(schema, out var known) ? known : Layouts.GetOrAdd(schema, static s => Group(Carried(s), depth: 0));

    public ProtoField? Find(int tag)
    {
        foreach (var field in _fields)
        {
            if (field.Tag == tag)
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>The fields that are on the wire: an object's kind and version stand in the envelope, their tags belong to others.</summary>
    private static IEnumerable<FieldSchema> Carried(StructSchema schema)
    {
        var fields = schema.Fields.Where(static f => f.ProtoTags.Length > 0).ToArray();
        var hasTypeMeta = fields.Length > 2 && fields[0].Name == "kind" && fields[1].Name == "apiVersion"
            && fields.Skip(2).Any(static f => f.ProtoTags[0] is 1 or 2);
        return hasTypeMeta ? fields.Skip(2) : fields;
    }

    private static ProtoLayout Group(IEnumerable<FieldSchema> fields, int depth) => new(
    [
        .. fields.GroupBy(f => f.ProtoTags[depth]).OrderBy(static g => g.Key).Select(g => g.First().ProtoTags.Length == depth + 1
            ? new ProtoField(g.Key, g.First(), null)
            : new ProtoField(g.Key, null, Group(g, depth + 1))),
    ]);
}
