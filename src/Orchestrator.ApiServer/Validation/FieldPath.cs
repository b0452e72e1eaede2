using System.Globalization;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Where a field stands: <c>spec.containers[0].image</c>, <c>metadata.labels[a b]</c>. Built while walking, formatted only on error.</summary>
public sealed class FieldPath
{
    private readonly FieldPath? _parent;
    private readonly string? _name;
    private readonly string? _key;
    private readonly int _index;

    private FieldPath(FieldPath? parent, string? name, string? key, int index) => (_parent, _name, _key, _index) = (parent, name, key, index);

    public static FieldPath Metadata { get; } = Root("metadata");

    public static FieldPath Spec { get; } = Root("spec");

    public static FieldPath Status { get; } = Root("status");

    public static FieldPath Root(string name) => new(null, name, null, -1);

    public FieldPath Child(string name) => new(this, name, null, -1);

    public FieldPath Child(string name, string next) => Child(name).Child(next);

    public FieldPath Index(int index) => new(this, null, null, index);

    public FieldPath Key(string key) => new(this, null, key, -1);

    public override string ToString()
    {
        var parent = _parent?.ToString() ?? "";
        return _name is not null ? (parent.Length == 0 ? _name : parent + "." + _name)
            : _key is not null ? parent + "[" + _key + "]"
            : parent + "[" + _index.ToString(CultureInfo.InvariantCulture) + "]";
    }
}
