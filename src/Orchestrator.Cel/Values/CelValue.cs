using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>A value of the language, two words long: numbers, bools and durations cost no allocation. <c>default</c> is null.</summary>
public readonly struct CelValue
{
    private readonly object? _reference;
    private readonly long _bits;

    private CelValue(object? reference, long bits = 0)
    {
        _reference = reference;
        _bits = bits;
    }

    public static CelValue Null => default;

    public static CelValue True { get; } = new(Tag.Bool, 1);

    public static CelValue False { get; } = new(Tag.Bool);

    public CelKind Kind => _reference switch
    {
        null => CelKind.Null,
        string => CelKind.String,
        Tag tag => tag.Kind,
        _ => ((CelReference)_reference).Kind,
    };

    public bool IsNull => _reference is null;

    public bool IsError => _reference is CelError;

    public bool IsTrue => ReferenceEquals(_reference, Tag.Bool) && _bits != 0;

    public bool IsFalse => ReferenceEquals(_reference, Tag.Bool) && _bits == 0;

    public bool IsBool => ReferenceEquals(_reference, Tag.Bool);

    public bool IsInt => ReferenceEquals(_reference, Tag.Int);

    public bool IsString => _reference is string;

    public bool IsNumber => ReferenceEquals(_reference, Tag.Int) || ReferenceEquals(_reference, Tag.UInt) || ReferenceEquals(_reference, Tag.Double);

    /// <summary>The bool; meaningless for other kinds, as are the following of theirs.</summary>
    public bool AsBool => _bits != 0;

    public long AsInt => _bits;

    public ulong AsUInt => unchecked((ulong)_bits);

    public double AsDouble => BitConverter.Int64BitsToDouble(_bits);

    /// <summary>A duration's length in nanoseconds.</summary>
    public long AsNanoseconds => _bits;

    public string AsString => (string)_reference!;

    public CelBytes AsBytes => (CelBytes)_reference!;

    public CelList AsList => (CelList)_reference!;

    public CelMap AsMap => (CelMap)_reference!;

    public CelError AsError => (CelError)_reference!;

    public CelTimestamp AsTimestamp => (CelTimestamp)_reference!;

    /// <summary>The object behind the value; null for null, numbers, bools, durations and strings.</summary>
    public CelReference? Reference => _reference as CelReference;

    public CelType Type => Kind switch
    {
        CelKind.Null => CelType.Null,
        CelKind.Bool => CelType.Bool,
        CelKind.Int => CelType.Int,
        CelKind.UInt => CelType.UInt,
        CelKind.Double => CelType.Double,
        CelKind.String => CelType.String,
        CelKind.Duration => CelType.Duration,
        _ => ((CelReference)_reference!).RuntimeType,
    };

    public static CelValue Bool(bool value) => value ? True : False;

    public static CelValue Int(long value) => new(Tag.Int, value);

    public static CelValue UInt(ulong value) => new(Tag.UInt, unchecked((long)value));

    public static CelValue Double(double value) => new(Tag.Double, BitConverter.DoubleToInt64Bits(value));

    public static CelValue String(string value) => new(value);

    public static CelValue Duration(long nanoseconds) => new(Tag.Duration, nanoseconds);

    public static CelValue Error(string message) => new(new CelError(message));

    public static CelValue Of(CelReference value) => new(value);

    public static implicit operator CelValue(CelReference value) => new(value);

    public static implicit operator CelValue(string value) => new(value);

    public static implicit operator CelValue(bool value) => Bool(value);

    public static implicit operator CelValue(long value) => Int(value);

    /// <summary>The language's <c>==</c>: numbers by value across their types, lists and maps in depth; different kinds are unequal, not an error.</summary>
    public static bool Equal(in CelValue left, in CelValue right)
    {
        if (left.IsNumber)
        {
            return right.IsNumber && Numbers.Equal(left, right);
        }

        return left._reference switch
        {
            null => right._reference is null,
            string text => right._reference is string other && text == other,
            Tag tag => ReferenceEquals(tag, right._reference) && left._bits == right._bits,
            CelReference reference => right._reference is CelReference other && reference.Kind == other.Kind && reference.ValueEquals(other),
            _ => false,
        };
    }

    /// <summary>A hash that agrees with <see cref="Equal"/>.</summary>
    public int ValueHash() => Kind switch
    {
        CelKind.Int => AsInt.GetHashCode(),
        CelKind.UInt => AsUInt <= long.MaxValue ? ((long)AsUInt).GetHashCode() : AsUInt.GetHashCode(),
        CelKind.Double => double.IsInteger(AsDouble) && AsDouble >= long.MinValue && AsDouble < 9223372036854775808.0
            ? ((long)AsDouble).GetHashCode()
            : AsDouble.GetHashCode(),
        CelKind.Null => 0,
        CelKind.Bool or CelKind.Duration => HashCode.Combine(_reference, _bits),
        CelKind.String => AsString.GetHashCode(StringComparison.Ordinal),
        _ => ((CelReference)_reference!).ValueHash(),
    };

    /// <summary>Go's <c>%v</c> of the value, as error texts have it.</summary>
    public override string ToString() => Kind switch
    {
        CelKind.Null => "null",
        CelKind.Bool => AsBool ? "true" : "false",
        CelKind.Int => AsInt.ToString(),
        CelKind.UInt => AsUInt.ToString(),
        CelKind.Double => GoNumbers.Format(AsDouble),
        CelKind.String => AsString,
        CelKind.Duration => CelDurations.GoString(AsNanoseconds),
        _ => _reference!.ToString() ?? "",
    };

    private sealed class Tag(CelKind kind)
    {
        public static readonly Tag Bool = new(CelKind.Bool);
        public static readonly Tag Int = new(CelKind.Int);
        public static readonly Tag UInt = new(CelKind.UInt);
        public static readonly Tag Double = new(CelKind.Double);
        public static readonly Tag Duration = new(CelKind.Duration);

        public CelKind Kind { get; } = kind;
    }
}
