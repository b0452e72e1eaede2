namespace Orchestrator.Api;

/// <summary>Deep equality, hashing and emptiness of slot values.</summary>
public static class Values
{
    /// <summary>Deep equality of two slot values.</summary>
    public static bool DeepEquals(object? left, object? right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }

        if (left is null || right is null)
        {
            return false;
        }

        return left is byte[] bytes ? right is byte[] others && bytes.AsSpan().SequenceEqual(others) : left.Equals(right);
    }

    /// <summary>Whether a value is what Go's zero value of its type is read as: a field kept by value that holds it is unset.</summary>
    internal static bool IsZero(object? value) => value switch
    {
        null => true,
        string s => s.Length == 0,
        long l => l == 0,
        bool b => !b,
        double d => d == 0,
        TimeSpan t => t == default,
        Quantity q => ReferenceEquals(q, Quantity.Zero),
        IntOrString i => i.Equals(default),
        ApiStruct s => s.IsZero,
        _ => false,
    };

    /// <summary>A hash that agrees with <see cref="DeepEquals"/>.</summary>
    public static int DeepHash(object? value)
    {
        if (value is byte[] bytes)
        {
            var hash = default(HashCode);
            hash.AddBytes(bytes);
            return hash.ToHashCode();
        }

        return value?.GetHashCode() ?? 0;
    }
}
