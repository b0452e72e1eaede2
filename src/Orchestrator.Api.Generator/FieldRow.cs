namespace Orchestrator.Api.Generator;

/// <summary>One row of a <c>types/*.tsv</c> table: a field of an API type.</summary>
internal sealed class FieldRow(string[] cells)
{
    public string Type => cells[0];

    public string Name => cells[1];

    public string JsonType => cells[2];

    public string NamedType => cells[3];

    public string GoField => cells[4];

    /// <summary>Protobuf tag; for a field that came in by inlining, the tags of the enclosing messages in front, joined by '/'.</summary>
    public string ProtoTag { get; set; } = cells[5];

    public string ProtoType => cells[6];

    public bool Required => cells[7] == "y";

    public string Omit => cells[8];

    public bool Pointer => cells[9] == "y";

    public string ListType => cells[10];

    public string ListMapKeys => cells[11];

    public string MapType => cells[12];

    public string PatchStrategy => cells[13];

    public string PatchMergeKey => cells[14];

    public string Default => cells[15];

    public string Enum => cells[16];

    public string Union => cells[17];

    public string FeatureGate => cells[18];

    public string Declared => cells[19];

    public bool Inline => Name == "(inline)";

    public bool IsMarker => Name is "(special)" or "(self)" or "(none)";

    /// <summary>The table file that the row stood in; references without a file part are resolved against it.</summary>
    public string File { get; set; } = "";

    public FieldRow CloneFor(string protoPrefix) => new(cells)
    {
        File = File,
        ProtoTag = ProtoTag.Length == 0 || protoPrefix.Length == 0 ? ProtoTag : protoPrefix + "/" + ProtoTag,
    };
}
