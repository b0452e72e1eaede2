namespace Orchestrator.Api;

/// <summary>A list as generic machinery sees it: items as slot values.</summary>
public interface IApiList
{
    int Count { get; }

    object? ItemAt(int index);

    /// <summary>A list of the same element type with every item replaced.</summary>
    internal IApiList Rebuild(Func<object?, object?> item);
}
