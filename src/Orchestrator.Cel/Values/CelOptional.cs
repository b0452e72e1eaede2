using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>A value that may be absent.</summary>
public sealed class CelOptional : CelReference
{
    private static readonly CelType OptionalType = CelType.Optional(CelType.Dyn);
    private readonly CelValue _value;

    private CelOptional(bool hasValue, CelValue value)
    {
        HasValue = hasValue;
        _value = value;
    }

    public static CelOptional None { get; } = new(false, default);

    public bool HasValue { get; }

    /// <summary>The value, or the error that <c>value()</c> of nothing is.</summary>
    public CelValue Value => HasValue ? _value : CelValue.Error("optional.none() dereference");

    public override CelKind Kind => CelKind.Optional;

    public override CelType RuntimeType => OptionalType;

    public static CelOptional Of(CelValue value) => new(true, value);

    public override bool ValueEquals(CelReference other) =>
        other is CelOptional optional && HasValue == optional.HasValue && (!HasValue || CelValue.Equal(_value, optional._value));

    public override int ValueHash() => HasValue ? HashCode.Combine(1, _value.ValueHash()) : 0;

    public override string ToString() => HasValue ? $"optional({_value})" : "optional.none()";
}
