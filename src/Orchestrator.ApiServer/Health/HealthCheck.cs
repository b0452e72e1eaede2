namespace Orchestrator.ApiServer.Health;

/// <summary>A named check; its probe gives what is wrong, or null.</summary>
/// <param name="Name">As in the path.</param>
/// <param name="Probe">Cheap: it is asked on every request.</param>
/// <param name="Roots">The paths that include it; empty for all.</param>
internal sealed record HealthCheck(string Name, Func<string?> Probe, params string[] Roots)
{
    public bool IsIn(string root) => Roots.Length == 0 || Roots.Contains(root);
}
