namespace Orchestrator.Cel.Library;

/// <summary>What an expression asks an authorizer about; null parts were not said.</summary>
public sealed record CelAuthorizerQuery
{
    /// <summary>A path that is no resource's.</summary>
    public string? Path { get; init; }

    public string Verb { get; init; } = "";

    public string Group { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    public string? FieldSelector { get; init; }

    public string? LabelSelector { get; init; }
}
