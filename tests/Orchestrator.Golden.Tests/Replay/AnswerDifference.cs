using System.Text.Json.Nodes;

namespace Orchestrator.Golden.Tests.Replay;

/// <summary>One place at which an answer is not the recorded one; a missing side is null.</summary>
internal sealed record AnswerDifference(string Path, JsonNode? Want, JsonNode? Got)
{
    private const int LengthMax = 400;

    public override string ToString() => $"{Path}: want {Short(Want)}, got {Short(Got)}";

    private static string Short(JsonNode? node)
    {
        var text = node is null ? "nothing" : PythonJson.Write(node);
        return text.Length <= LengthMax ? text : text[..LengthMax] + "...";
    }
}
