using System.Text.Json.Nodes;

namespace Orchestrator.Golden.Tests.Replay;

/// <summary>What the server answered to one step, as the recordings hold it: a body of JSON, a list of events for a watch, else text.</summary>
internal sealed record Answer(int Status, JsonObject Headers, JsonNode? Body)
{
    /// <summary>The answer in the recordings' shape, with what changes from run to run replaced.</summary>
    public JsonObject Normalized() => new()
    {
        ["status"] = Status,
        ["headers"] = Normalizer.Normalize(Headers),
        ["body"] = Normalizer.Normalize(Body),
    };
}
