namespace Orchestrator.Client;

/// <summary>Which part of a collection an informer follows.</summary>
public sealed record InformerOptions
{
    public static readonly InformerOptions All = new();

    /// <summary>"" for all.</summary>
    public string Namespace { get; init; } = "";

    public string LabelSelector { get; init; } = "";

    /// <summary>For example <c>spec.nodeName=node-1</c>.</summary>
    public string FieldSelector { get; init; } = "";
}
