using System.Runtime.CompilerServices;

namespace Orchestrator.Api;

/// <summary>Between a typed value and what a slot holds: integers are boxed as <see cref="long"/>, the rest as it is.</summary>
internal static class Values<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T FromSlot(object? slot) =>
        typeof(T) == typeof(int) ? (T)(object)(int)(long)slot!
        : typeof(T).IsValueType ? (T)slot!
        : Unsafe.As<object?, T>(ref slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static object? ToSlot(T value) =>
        typeof(T) == typeof(int) ? Boxed.Of((int)(object)value!)
        : typeof(T) == typeof(long) ? Boxed.Of((long)(object)value!)
        : typeof(T) == typeof(bool) ? Boxed.Of((bool)(object)value!)
        : value;
}
