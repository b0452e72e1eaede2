using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>YAML bodies in, YAML answers out, as upstream's sigs.k8s.io/yaml does both.</summary>
internal static class YamlText
{
    private const int LineWidth = 80;

    /// <summary>The first document as JSON.</summary>
    /// <param name="yaml">The text; JSON is taken as it is.</param>
    /// <param name="strict">Whether keys given twice are told.</param>
    /// <param name="issues">Keys given twice, in yaml.v2's words.</param>
    /// <exception cref="ApiDecodeException">The text is no YAML; the message begins with "yaml: ".</exception>
    public static byte[] ToJson(byte[] yaml, bool strict, out IReadOnlyList<string> issues)
    {
        issues = [];
        if (LooksLikeJson(yaml))
        {
            return yaml;
        }

        var tree = YamlReader.Read(yaml, out var duplicates);
        issues = strict ? duplicates : [];
        return ApiJson.WriteValueToArray(tree);
    }

    /// <summary>JSON as YAML with sorted keys.</summary>
    public static byte[] FromJson(byte[] json)
    {
        var text = new StringWriter();
        var emitter = new Emitter(text, new EmitterSettings(bestIndent: 2, bestWidth: LineWidth, isCanonical: false, maxSimpleKeyLength: 128).WithNewLine("\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, ApiJson.ReadValue(json));
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Whether YAML would read the text exactly as JSON does: an object that is valid JSON and says nothing twice.</summary>
    private static bool LooksLikeJson(byte[] text)
    {
        var first = text.AsSpan().TrimStart(" \t\r\n"u8);
        if (first.Length == 0 || first[0] != '{')
        {
            return false;
        }

        try
        {
            // Reading is the check; duplicates go the long way, where they are told.
            var issues = new DecodeIssues();
            ApiJson.ReadValue(text, issues);
            return issues.Messages.Count == 0;
        }
        catch (Exception broken) when (broken is JsonException or InsufficientExecutionStackException)
        {
            return false;
        }
    }

    private static void Emit(Emitter emitter, object? value)
    {
        switch (value)
        {
            case IApiMap map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var i in Enumerable.Range(0, map.Count).Order(Comparer<int>.Create((a, b) => NaturalOrder.Compare(map.KeyAt(a), map.KeyAt(b)))))
                {
                    EmitText(emitter, map.KeyAt(i), isKey: true);
                    Emit(emitter, map.ValueAt(i));
                }

                emitter.Emit(new MappingEnd());
                break;
            case IApiList list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                for (var i = 0; i < list.Count; i++)
                {
                    Emit(emitter, list.ItemAt(i));
                }

                emitter.Emit(new SequenceEnd());
                break;
            case string text:
                EmitText(emitter, text, isKey: false);
                break;
            default:
                EmitScalar(emitter, value is double number ? Patch.GoFormat.Double(number) : Encoding.UTF8.GetString(ApiJson.WriteValueToArray(value)), ScalarStyle.Plain);
                break;
        }
    }

    private static void EmitText(Emitter emitter, string text, bool isKey)
    {
        var style = text.Contains('\n', StringComparison.Ordinal) && !isKey ? ScalarStyle.Literal
            : !YamlScalars.IsPlainText(text) ? ScalarStyle.DoubleQuoted
            : text.Contains('\'', StringComparison.Ordinal) && !YamlScalars.CanBePlain(text) ? ScalarStyle.SingleQuoted
            : ScalarStyle.Plain;
        EmitScalar(emitter, text, style);
    }

    private static void EmitScalar(Emitter emitter, string text, ScalarStyle style) =>
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true));
}
