using System.Runtime.CompilerServices;
using System.Text;
using Orchestrator.Api.Json;

namespace Orchestrator.Api;

/// <summary>
/// The base of every API type: a slot per field, described by a <see cref="StructSchema"/>.
/// </summary>
/// <remarks>
/// Slots hold <see langword="null"/> (absent, or the zero value of a field that Go keeps by value), <see cref="string"/>, boxed
/// <see cref="bool"/>, <see cref="long"/> (all integers), <see cref="double"/>, <see cref="DateTimeOffset"/>, <see cref="TimeSpan"/> and
/// <see cref="IntOrString"/>, <see cref="Quantity"/>, <see cref="byte"/> arrays, <see cref="RawJson"/>, <see cref="ApiStruct"/>, <see cref="ApiList{T}"/>
/// or <see cref="ApiMap{T}"/>. Objects are shared by everybody who reads them: outside the server's request pipeline the compiler
/// allows no change, only <c>with</c>. Equality is deep.
/// </remarks>
public abstract record ApiStruct
{
    internal readonly object?[] Slots;

    private protected ApiStruct(StructSchema schema) => Slots = new object?[schema.FieldCount];

    private protected ApiStruct(object?[] slots) => Slots = slots;

    /// <summary>Copies one level: nested values are shared.</summary>
    protected ApiStruct(ApiStruct original) => Slots = (object?[])original.Slots.Clone();

    /// <summary>The description of this type's fields.</summary>
    public abstract StructSchema TypeSchema { get; }

    /// <summary>The value in a slot as it is stored; see the remarks of this type.</summary>
    public object? GetSlot(int ordinal) => Slots[ordinal];

    /// <summary>The value of a field by its JSON name; null if absent or unknown.</summary>
    public object? GetField(string name) => TypeSchema.Find(name) is { } field ? Slots[field.Ordinal] : null;

    public virtual bool Equals(ApiStruct? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || !ReferenceEquals(TypeSchema, other.TypeSchema))
        {
            return false;
        }

        for (var i = 0; i < Slots.Length; i++)
        {
            if (!Values.DeepEquals(Slots[i], other.Slots[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var slot in Slots)
        {
            hash.Add(Values.DeepHash(slot));
        }

        return hash.ToHashCode();
    }

    /// <summary>The object as JSON.</summary>
    public sealed override string ToString() => Encoding.UTF8.GetString(ApiJson.WriteToArray(this));

    protected virtual bool PrintMembers(StringBuilder builder) => false;

    private protected T? RefAt<T>(int ordinal)
        where T : class => Unsafe.As<T>(Slots[ordinal]);

    private protected string TextAt(int ordinal) => Unsafe.As<string>(Slots[ordinal]) ?? "";

    private protected bool? BoolAt(int ordinal) => (bool?)Slots[ordinal];

    private protected long? Int64At(int ordinal) => (long?)Slots[ordinal];

    private protected int? Int32At(int ordinal) => Slots[ordinal] is long value ? (int)value : null;

    private protected double? DoubleAt(int ordinal) => (double?)Slots[ordinal];

    private protected DateTimeOffset? TimeAt(int ordinal) => (DateTimeOffset?)Slots[ordinal];

    private protected TimeSpan? SpanAt(int ordinal) => (TimeSpan?)Slots[ordinal];

    private protected IntOrString? IntStringAt(int ordinal) => (IntOrString?)Slots[ordinal];

    private protected ApiList<T> ListAt<T>(int ordinal) => Unsafe.As<ApiList<T>>(Slots[ordinal]) ?? ApiList<T>.Empty;

    private protected ApiMap<T> MapAt<T>(int ordinal) => Unsafe.As<ApiMap<T>>(Slots[ordinal]) ?? ApiMap<T>.Empty;

    private protected void Put(int ordinal, object? value) => Slots[ordinal] = value;

    private protected void Put(int ordinal, int? value) => Slots[ordinal] = value is { } v ? Boxed.Of(v) : null;

    private protected void Put(int ordinal, long? value) => Slots[ordinal] = value is { } v ? Boxed.Of(v) : null;

    private protected void Put(int ordinal, bool? value) => Slots[ordinal] = value is { } v ? Boxed.Of(v) : null;

    /// <summary>Zero values of fields that Go keeps by value are stored as absence, so that equal objects have equal slots.</summary>
    private protected void PutNonZero(int ordinal, object? value) => Slots[ordinal] = value is string { Length: 0 } ? null : value;

    // Without it, texts would go to the overload of IntOrString, to which they convert.
    private protected void PutNonZero(int ordinal, string value) => Slots[ordinal] = value.Length == 0 ? null : value;

    private protected void PutNonZero(int ordinal, long value) => Slots[ordinal] = value == 0 ? null : Boxed.Of(value);

    private protected void PutNonZero(int ordinal, int value) => Slots[ordinal] = value == 0 ? null : Boxed.Of(value);

    private protected void PutNonZero(int ordinal, bool value) => Slots[ordinal] = value ? Boxed.True : null;

    private protected void PutNonZero(int ordinal, double value) => Slots[ordinal] = value == 0 ? null : value;

    private protected void PutNonZero(int ordinal, TimeSpan value) => Slots[ordinal] = value == default ? null : value;

    private protected void PutNonZero(int ordinal, IntOrString value) => Slots[ordinal] = value.Equals(default(IntOrString)) ? null : (object)value;

    private protected void PutNonZero<T>(int ordinal, ApiList<T> value) =>
        Slots[ordinal] = value.Count == 0 && TypeSchema.Fields[ordinal].OmitEmpty ? null : value;

    private protected void PutNonZero<T>(int ordinal, ApiMap<T> value) =>
        Slots[ordinal] = value.Count == 0 && TypeSchema.Fields[ordinal].OmitEmpty ? null : value;

    private protected void PutNonZero(int ordinal, ApiStruct value) => Slots[ordinal] = value.IsZero ? null : value;

    /// <summary>Whether no field is set.</summary>
    public bool IsZero
    {
        get
        {
            foreach (var slot in Slots)
            {
                if (slot is not null)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
