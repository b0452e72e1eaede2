namespace Orchestrator.Api;

/// <summary>A subresource: its name, the kind it takes and gives (with its group and version when foreign), and its verbs.</summary>
public sealed record SubresourceInfo(string Name, string KindApiVersion, string Kind, IReadOnlyList<string> Verbs);
