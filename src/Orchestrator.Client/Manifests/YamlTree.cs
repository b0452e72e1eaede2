using System.Globalization;
using Orchestrator.Api;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orchestrator.Client.Manifests;

/// <summary>YAML as the JSON tree that it stands for, with plain scalars read as kubectl reads them (YAML 1.1, so <c>yes</c> is a boolean).</summary>
public static class YamlTree
{
    /// <summary>One tree per document; empty documents are left out.</summary>
    /// <exception cref="YamlException">The text is no YAML.</exception>
    public static IReadOnlyList<object?> Read(TextReader text)
    {
        var stream = new YamlStream();
        stream.Load(text);
        return [.. stream.Documents.Select(document => Value(document.RootNode)).Where(value => value is not null)];
    }

    private static object? Value(YamlNode node) => node switch
    {
        YamlMappingNode map => ApiMap<object?>.From(map.Children.Select(pair => new KeyValuePair<string, object?>(Key(pair.Key), Value(pair.Value)))),
        YamlSequenceNode list => list.Children.Select(Value).ToApiList(),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar when scalar.Tag.IsEmpty => Plain(scalar.Value ?? ""),
        YamlScalarNode scalar => scalar.Value ?? "",
        _ => throw new YamlException(node.Start, node.End, "this kind of node has no counterpart in JSON"),
    };

    private static string Key(YamlNode node) =>
        (node as YamlScalarNode)?.Value ?? throw new YamlException(node.Start, node.End, "a key must be a text");

    private static object? Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        // What a double parser takes beyond this ("Infinity", "1,000", a lone "e") is text in YAML.
        _ when text.AsSpan().IndexOfAnyExcept("0123456789+-.eE") < 0 && text.AsSpan().IndexOfAnyInRange('0', '9') >= 0
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) => fraction,
        _ => text,
    };
}
