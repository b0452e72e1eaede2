using Orchestrator.ApiServer.Admission.Configuration;

namespace Orchestrator.ApiServer.Admission;

/// <summary>Which of the built-in plugins are on, by upstream's names, and what they are told.</summary>
public sealed record AdmissionChoice
{
    /// <summary>To be on beside those that are by default.</summary>
    public IReadOnlyList<string> Enabled { get; init; } = [];

    /// <summary>To be off.</summary>
    public IReadOnlyList<string> Disabled { get; init; } = [];

    /// <summary>What the plugins are told. Default: nothing.</summary>
    public AdmissionConfig Config { get; init; } = new();

    /// <summary>Those of <paramref name="all"/> that are on, in its order.</summary>
    /// <param name="all">The plugins' names.</param>
    /// <param name="offByDefault">Those of them that are on only when they are asked for.</param>
    /// <exception cref="FormatException">A name is no plugin's, or is to be on and off.</exception>
    internal IReadOnlyList<string> Of(IReadOnlyList<string> all, IReadOnlySet<string> offByDefault)
    {
        foreach (var name in Enabled.Concat(Disabled))
        {
            if (!all.Contains(name))
            {
                throw new FormatException($"admission plugin {name} is not one of {string.Join(", ", all)}");
            }
        }

        if (Enabled.Intersect(Disabled).FirstOrDefault() is { } both)
        {
            throw new FormatException($"admission plugin {both} is to be on and off");
        }

        return [.. all.Where(n => !Disabled.Contains(n) && (!offByDefault.Contains(n) || Enabled.Contains(n)))];
    }
}
