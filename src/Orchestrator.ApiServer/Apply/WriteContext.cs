namespace Orchestrator.ApiServer.Apply;

/// <summary>What managedFields need to know of a write.</summary>
internal sealed record WriteContext
{
    /// <summary>The fieldManager parameter, or the client's name out of its user agent; "" becomes unknown.</summary>
    public required string Manager { get; init; }

    /// <summary>The version that the request speaks.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>"" for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The object's type at <see cref="ApiVersion"/>.</summary>
    public required MapType Type { get; init; }

    public ResetFields Reset { get; init; } = ResetFields.None;

    /// <summary>The object's other versions; null if it has one only.</summary>
    public IVersionConverter? Versions { get; init; }

    public required DateTimeOffset Now { get; init; }
}
