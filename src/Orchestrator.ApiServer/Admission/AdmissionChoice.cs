namespace Orchestrator.ApiServer.Admission;

/// <summary>Which of the built-in plugins are on, by upstream's names.</summary>
public sealed record AdmissionChoice
{
    /// <summary>To be on; as every plugin is by default, this only asks that there be such plugins.</summary>
    public IReadOnlyList<string> Enabled { get; init; } = [];

    /// <summary>To be off.</summary>
    public IReadOnlyList<string> Disabled { get; init; } = [];

    /// <summary>Those of <paramref name="all"/> that are on, in its order.</summary>
    /// <exception cref="FormatException">A name is no plugin's, or is to be on and off.</exception>
    internal IReadOnlyList<IAdmissionPlugin> Of(IReadOnlyList<IAdmissionPlugin> all)
    {
        foreach (var name in Enabled.Concat(Disabled))
        {
            if (!all.Any(p => p.Name == name))
            {
                throw new FormatException($"admission plugin {name} is not one of {string.Join(", ", all.Select(static p => p.Name))}");
            }
        }

        if (Enabled.Intersect(Disabled).FirstOrDefault() is { } both)
        {
            throw new FormatException($"admission plugin {both} is to be on and off");
        }

        return Disabled.Count == 0 ? all : [.. all.Where(p => !Disabled.Contains(p.Name))];
    }
}
