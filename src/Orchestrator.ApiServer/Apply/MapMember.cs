using Orchestrator.Api;

namespace Orchestrator.ApiServer.Apply;

/// <summary>A named field of a struct type.</summary>
/// <param name="Name">The JSON name.</param>
/// <param name="Type">How its value is owned.</param>
/// <param name="Element">Its path element, shared by all paths.</param>
/// <param name="Field">The slot that holds it; null for fields of a structural schema.</param>
internal sealed record MapMember(string Name, FieldType Type, PathElement Element, FieldSchema? Field)
{
    /// <summary>Whether JSON leaves the field out when its slot is null.</summary>
    public bool IsOmittedWhenUnset { get; } = Field is null || Api.Json.ApiJsonWriter.OmitsNull(Field);
}
