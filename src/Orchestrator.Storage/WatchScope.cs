namespace Orchestrator.Storage;

/// <summary>Which keys of a collection a watch is about.</summary>
public readonly record struct WatchScope
{
    private WatchScope(string? text, bool isExact)
    {
        Text = text;
        IsExact = isExact;
    }

    /// <summary>The whole collection.</summary>
    public static WatchScope All => default;

    /// <summary>The prefix or the key; null for all.</summary>
    internal string? Text { get; }

    /// <summary>Whether <see cref="Text"/> is a whole key.</summary>
    internal bool IsExact { get; }

    /// <summary>The keys of one namespace.</summary>
    public static WatchScope Namespace(string name) => new(name + "/", isExact: false);

    /// <summary>One key.</summary>
    public static WatchScope Key(string name) => new(name, isExact: true);

    /// <summary>Whether a key is in scope.</summary>
    public bool Includes(string name) =>
        Text is null || (IsExact ? name == Text : name.StartsWith(Text, StringComparison.Ordinal));
}
