namespace Orchestrator.Api.Json;

/// <summary>Unknown and duplicate fields met while decoding, in order: <c>unknown field "spec.foo"</c>.</summary>
public sealed class DecodeIssues
{
    /// <summary>More than these are not reported, as upstream does.</summary>
    public const int MaxReported = 100;

    private readonly List<string> _messages = [];

    public IReadOnlyList<string> Messages => _messages;

    internal void Add(string message)
    {
        if (_messages.Count < MaxReported && !_messages.Contains(message))
        {
            _messages.Add(message);
        }
    }
}
