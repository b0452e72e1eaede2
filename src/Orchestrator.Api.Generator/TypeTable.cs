using System.Collections.Generic;
using System.Linq;

namespace Orchestrator.Api.Generator;

/// <summary>All API types of the tables, with inlined types flattened into the ones that contain them.</summary>
internal sealed class TypeTable
{
    private readonly Dictionary<string, List<FieldRow>> _types = [];

    /// <summary>Names <c>file.Type</c> in table order.</summary>
    public List<string> Order { get; } = [];

    public void Add(string file, string text)
    {
        foreach (var cells in TableReader.Rows(text))
        {
            var row = new FieldRow(cells) { File = file };
            var key = file + "." + row.Type;
            if (!_types.TryGetValue(key, out var rows))
            {
                _types.Add(key, rows = []);
                Order.Add(key);
            }

            rows.Add(row);
        }
    }

    public bool Exists(string key) => _types.ContainsKey(key);

    /// <summary>A named list of strings (such as ExtraValue), written as its element list.</summary>
    public bool IsNamedList(string key) =>
        _types.TryGetValue(key, out var rows) && rows.Count == 1 && rows[0].Name == "(self)" && rows[0].JsonType == "[]string";

    /// <summary>A type with an encoding of its own (see scalars.md), which is no struct.</summary>
    public bool IsSpecial(string key) => _types.TryGetValue(key, out var rows) && rows.Any(r => r.Name is "(special)" or "(self)");

    public List<FieldRow> Fields(string key)
    {
        var result = new List<FieldRow>();
        Flatten(key, "", result);
        return result;
    }

    public static string Resolve(string file, string reference) => reference.Contains(".") ? reference : file + "." + reference;

    private void Flatten(string key, string protoPrefix, List<FieldRow> into)
    {
        foreach (var row in _types[key])
        {
            if (row.IsMarker)
            {
                continue;
            }

            if (row.Inline)
            {
                var tag = row.ProtoTag.Length == 0 ? "" : protoPrefix.Length == 0 ? row.ProtoTag : protoPrefix + "/" + row.ProtoTag;
                Flatten(Resolve(row.File, row.JsonType), tag, into);
                continue;
            }

            into.Add(row.CloneFor(protoPrefix));
        }
    }
}
