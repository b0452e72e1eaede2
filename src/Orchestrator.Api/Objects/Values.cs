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
