using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>A value that is more than a number, a bool or a string. Immutable, or an adapter over something that nobody changes while it is used.</summary>
public abstract class CelReference
{
    public abstract CelKind Kind { get; }

    /// <summary>What <c>type(x)</c> answers.</summary>
    public abstract CelType RuntimeType { get; }

    /// <summary>The language's equality with another value of the same <see cref="Kind"/>.</summary>
    public abstract bool ValueEquals(CelReference other);

    /// <summary>A hash that agrees with <see cref="ValueEquals"/>.</summary>
    public abstract int ValueHash();
}
