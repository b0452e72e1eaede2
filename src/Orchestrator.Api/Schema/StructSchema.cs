using System.Text;

namespace Orchestrator.Api;

/// <summary>An API type: its fields in declaration order, which is the order of JSON output. Read from the tables on first use.</summary>
public sealed class StructSchema
{
    private readonly Func<object?[], ApiStruct> _create;
    private readonly Func<object?[], int, IApiList> _createList;
    private readonly Func<IApiMap> _createMap;
    private readonly byte[] _rows;
    private FieldSchema[]? _fields;
    private int[]? _index;

    internal StructSchema(
        string name,
        string openApiName,
        string protoMessage,
        string groupVersionKinds,
        string mapType,
        Func<object?[], ApiStruct> create,
        Func<object?[], int, IApiList> createList,
        Func<IApiMap> createMap,
        byte[] rows)
    {
        Name = name;
        OpenApiName = openApiName;
        ProtoMessage = protoMessage;
        GroupVersionKinds = groupVersionKinds;
        MapType = mapType;
        _create = create;
        _createList = createList;
        _createMap = createMap;
        _rows = rows;
        var count = rows.Length == 0 ? 0 : 1;
        foreach (var b in rows)
        {
            if (b == '\n')
            {
                count++;
            }
        }

        FieldCount = count;
    }

    /// <summary><c>file.Type</c> of the tables, for example <c>core_v1.PodSpec</c>.</summary>
    public string Name { get; }

    /// <summary>The type's name without its package.</summary>
    public string TypeName => Name[(Name.IndexOf('.', StringComparison.Ordinal) + 1)..];

    /// <summary>Go's name of the type, as messages have it: <c>v1.PodSpec</c>.</summary>
    public string GoName
    {
        get
        {
            var package = Name[..Name.IndexOf('.', StringComparison.Ordinal)];
            return package[(package.IndexOf('_', StringComparison.Ordinal) + 1)..] + "." + TypeName;
        }
    }

    /// <summary>The OpenAPI definition's name; "" if it has none.</summary>
    public string OpenApiName { get; }

    public string ProtoMessage { get; }

    /// <summary><c>group/version Kind</c>, several joined by ';'.</summary>
    public string GroupVersionKinds { get; }

    /// <summary>"atomic" when server-side apply owns the struct as a whole.</summary>
    public string MapType { get; }

    public int FieldCount { get; }

    public IReadOnlyList<FieldSchema> FieldList => Fields;

    internal FieldSchema[] Fields => _fields ?? Load();

    /// <summary>A new object with nothing set.</summary>
    public ApiStruct Create() => _create(new object?[FieldCount]);

    internal ApiStruct Create(object?[] slots) => _create(slots);

    internal IApiList CreateList(object?[] items, int count) => _createList(items, count);

    internal IApiMap CreateMap() => _createMap();

    /// <summary>A field by its JSON name; null if there is none.</summary>
    public FieldSchema? Find(string name)
    {
        var fields = Fields;
        var index = _index!;
        for (var slot = Hash(name) & (index.Length - 1); index[slot] >= 0; slot = (slot + 1) & (index.Length - 1))
        {
            if (fields[index[slot]].Name == name)
            {
                return fields[index[slot]];
            }
        }

        return null;
    }

    /// <summary>A field by its JSON name in UTF-8; <paramref name="expected"/> is the ordinal tried first.</summary>
    internal FieldSchema? Find(ReadOnlySpan<byte> name, int expected)
    {
        var fields = Fields;
        if ((uint)expected < (uint)fields.Length && name.SequenceEqual(fields[expected].Utf8Name))
        {
            return fields[expected];
        }

        var index = _index!;
        for (var slot = Hash(name) & (index.Length - 1); index[slot] >= 0; slot = (slot + 1) & (index.Length - 1))
        {
            if (name.SequenceEqual(fields[index[slot]].Utf8Name))
            {
                return fields[index[slot]];
            }
        }

        return null;
    }

    public override string ToString() => Name;

    private static int Hash(ReadOnlySpan<byte> name) =>
        name.Length == 0 ? 0 : (name.Length * 31) + (name[0] * 7) + (name[^1] * 131) + (name[name.Length / 2] * 17);

    // Agrees with the hash of the UTF-8 form for ASCII, and all field names are ASCII.
    private static int Hash(string name) =>
        name.Length == 0 ? 0 : (name.Length * 31) + (name[0] * 7) + (name[^1] * 131) + (name[name.Length / 2] * 17);

    private FieldSchema[] Load()
    {
        var rows = _rows.Length == 0 ? [] : Encoding.UTF8.GetString(_rows).Split('\n');
        var fields = new FieldSchema[rows.Length];
        var size = 4;
        while (size < rows.Length * 2)
        {
            size *= 2;
        }

        var index = new int[size];
        Array.Fill(index, -1);
        for (var i = 0; i < rows.Length; i++)
        {
            fields[i] = new FieldSchema(i, rows[i]);
            var slot = Hash(fields[i].Utf8Name) & (size - 1);
            while (index[slot] >= 0)
            {
                slot = (slot + 1) & (size - 1);
            }

            index[slot] = i;
        }

        // Two threads may load at once; both make the same, and the index is there before the fields are seen.
        _index = index;
        Volatile.Write(ref _fields, fields);
        return fields;
    }
}
