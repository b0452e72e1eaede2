using System.Text.Json;

namespace Orchestrator.Agent.Streaming;

/// <summary>A WebSocket subprotocol of exec and attach.</summary>
/// <param name="Name">The name as it is negotiated; "" when the client offers none.</param>
/// <param name="IsBase64">Messages are text: the channel's digit, then the data in base64.</param>
/// <param name="TellsStatus">The error channel ends with a Status; without, it carries a message, and only if the command failed.</param>
/// <param name="CanClose">The client may close its input by itself (KEP-4006).</param>
internal sealed record RemoteCommandProtocol(string Name, bool IsBase64, bool TellsStatus, bool CanClose)
{
    /// <summary>What is spoken when the client offers nothing.</summary>
    public static readonly RemoteCommandProtocol Unnamed = new("", IsBase64: false, TellsStatus: false, CanClose: false);

    private static readonly RemoteCommandProtocol[] Known =
    [
        new("v5.channel.k8s.io", IsBase64: false, TellsStatus: true, CanClose: true),
        new("v4.channel.k8s.io", IsBase64: false, TellsStatus: true, CanClose: false),
        new("v4.base64.channel.k8s.io", IsBase64: true, TellsStatus: true, CanClose: false),
        new("channel.k8s.io", IsBase64: false, TellsStatus: false, CanClose: false),
        new("base64.channel.k8s.io", IsBase64: true, TellsStatus: false, CanClose: false),
    ];

    /// <summary>The best of those offered; null if none of them is known.</summary>
    public static RemoteCommandProtocol? Choose(IList<string> offered) => offered.Count == 0 ? Unnamed : Known.FirstOrDefault(p => offered.Contains(p.Name));

    /// <summary>What the error channel says of a Status in JSON; empty for nothing.</summary>
    public ReadOnlyMemory<byte> Tell(ReadOnlyMemory<byte> status)
    {
        if (TellsStatus || status.IsEmpty)
        {
            return status;
        }

        try
        {
            using var json = JsonDocument.Parse(status);
            return json.RootElement.TryGetProperty("status", out var value) && value.ValueEquals("Success")
                ? default
                : System.Text.Encoding.UTF8.GetBytes(json.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? "" : "");
        }
        catch (JsonException)
        {
            // A runtime that speaks an older protocol sends the message itself.
            return status;
        }
    }
}
