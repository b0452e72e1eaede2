namespace Orchestrator.Network.Commands;

/// <summary>The place of an element in one of a table's maps or sets: <c>service-ips</c>, <c>10.96.0.1 . tcp . 443</c>.</summary>
internal readonly record struct MapElement(string Map, string Key);
