using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Apply;

/// <summary>One entry of managedFields: who, how, through which version and subresource, and which fields.</summary>
/// <param name="Manager">The name.</param>
/// <param name="IsApply">Owns by apply; else by updates.</param>
/// <param name="ApiVersion">The version that the fields are named in.</param>
/// <param name="Subresource">"" for the object itself.</param>
/// <param name="Time">The last time the entry took fields; null for entries that came without.</param>
internal sealed record FieldManager(string Manager, bool IsApply, string ApiVersion, string Subresource, DateTimeOffset? Time)
{
    private RawJson? _json;
    private FieldSet? _set;

    public FieldSet Set
    {
        get => _set ??= _json is null ? FieldSet.Empty : FieldSet.Parse(_json);
        init => (_set, _json) = (value, null);
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">The entry is not valid; managedFields with such an entry are not used.</exception>
    public static FieldManager Read(ManagedFieldsEntry entry)
    {
        if (entry.Operation is not ("Apply" or "Update"))
        {
            throw new FormatException("operation must be `Apply` or `Update`");
        }

        if (entry.ApiVersion.Length == 0)
        {
            throw new FormatException("apiVersion must not be empty");
        }

        if (entry.FieldsType != "FieldsV1")
        {
            throw new FormatException($"invalid fieldsType \"{entry.FieldsType}\" in managed fields entry");
        }

        return new(entry.Manager, entry.Operation == "Apply", entry.ApiVersion, entry.Subresource, entry.Time) { _json = entry.FieldsV1 };
    }

    /// <summary>Whether both are the same manager: appliers keep their entry when they change the version.</summary>
    public bool IsSameAs(FieldManager other) =>
        Manager == other.Manager && IsApply == other.IsApply && Subresource == other.Subresource && (IsApply || ApiVersion == other.ApiVersion);

    public ManagedFieldsEntry ToEntry() => new()
    {
        Manager = Manager,
        Operation = IsApply ? "Apply" : "Update",
        ApiVersion = ApiVersion,
        Time = Time,
        FieldsType = "FieldsV1",
        FieldsV1 = _json ??= Set.ToJson(),
        Subresource = Subresource,
    };

    public override string ToString() => Manager;
}
