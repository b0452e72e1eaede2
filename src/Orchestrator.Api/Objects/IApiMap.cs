namespace Orchestrator.Api;

/// <summary>A string-keyed map as generic machinery sees it: entries sorted by key, values as slot values.</summary>
public interface IApiMap
{
    int Count { get; }

    string KeyAt(int index);

    object? ValueAt(int index);

    /// <summary>The value of a key; false if the key is absent (a present key may hold null).</summary>
    bool TryGetSlot(string key, out object? value);

    /// <summary>A map of the same keys with every value replaced.</summary>
    internal IApiMap Rebuild(Func<object?, object?> value);

    /// <summary>Sets an entry in place; only for a map that is not yet published.</summary>
    internal void SetSlot(string key, object? value);
}
