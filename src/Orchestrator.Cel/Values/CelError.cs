using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>What became of an evaluation that failed. A value, because <c>||</c> and <c>&amp;&amp;</c> may still outvote it.</summary>
public sealed class CelError(string message) : CelReference
{
    internal static readonly CelError NoSuchOverload = new("no such overload");
    internal static readonly CelError DivisionByZero = new("division by zero");
    internal static readonly CelError ModulusByZero = new("modulus by zero");
    internal static readonly CelError IntOverflow = new("integer overflow");
    internal static readonly CelError UIntOverflow = new("unsigned integer overflow");
    internal static readonly CelError DurationOverflow = new("duration overflow");
    internal static readonly CelError TimestampOverflow = new("timestamp overflow");

    public string Message => message;

    public override CelKind Kind => CelKind.Error;

    public override CelType RuntimeType => CelType.Error;

    public override bool ValueEquals(CelReference other) => ReferenceEquals(this, other);

    public override int ValueHash() => message.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => message;
}
