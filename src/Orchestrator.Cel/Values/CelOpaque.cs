using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>The base of values of libraries and hosts that are neither lists nor maps.</summary>
public abstract class CelOpaque(CelType type) : CelReference
{
    public override CelKind Kind => CelKind.Opaque;

    public override CelType RuntimeType => type;

    /// <summary>What <c>string(x)</c> gives; null where the type has no such conversion.</summary>
    public virtual string? AsText => null;

    /// <summary>What the cost of handling the value is reckoned by: bytes of an address, 1 for most.</summary>
    internal virtual ulong CostSize => 1;
}
