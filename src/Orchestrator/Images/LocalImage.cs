namespace Orchestrator.Images;

/// <summary>An image with one layer that is made on this machine, since a cluster must start without a registry.</summary>
internal sealed record LocalImage
{
    /// <summary>With registry host and tag, as pods name it.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<LayerEntry> Layer { get; init; }

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Who its programs run as: a user, or user and group with a colon; empty for root.</summary>
    public string User { get; init; } = "";
}
