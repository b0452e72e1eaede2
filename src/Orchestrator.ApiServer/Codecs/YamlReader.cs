using System.Globalization;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>Reads the first document of a YAML text into a JSON tree.</summary>
internal sealed class YamlReader
{
    /// <summary>What stands before the faults of a text that can be read, a line each.</summary>
    public const string FaultsHead = "yaml: unmarshal errors:\n  ";

    /// <summary>Nodes that aliases may add; a small text can otherwise name an enormous tree.</summary>
    private const int AliasedNodesMax = 100_000;
    private const int DepthMax = 1000;

    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, (object? Value, int Nodes)> _anchors = [];
    private readonly List<string> _duplicates = [];
    private int _nodes;
    private int _aliased;
    private int _depth;

    private YamlReader(string text) => _parser = new Parser(new StringReader(text));

    /// <param name="utf8">The text.</param>
    /// <param name="duplicates">Keys given twice, as yaml.v2 tells them all in one; the last one counts. Empty if there are none.</param>
    /// <exception cref="ApiDecodeException">The text is no YAML, or holds what JSON cannot; the message begins with "yaml: ".</exception>
    public static object? Read(ReadOnlySpan<byte> utf8, out IReadOnlyList<string> duplicates)
    {
        if (utf8.Length > 0 && utf8[0] == '\t')
        {
            // The parser here would take a tab for indentation; libyaml does not.
            throw new ApiDecodeException("yaml: found character that cannot start any token");
        }

        var reader = new YamlReader(Encoding.UTF8.GetString(utf8));
        try
        {
            var value = reader.ReadFirst();
            duplicates = reader._duplicates.Count == 0 ? [] : [FaultsHead + string.Join("\n  ", reader._duplicates)];
            return value;
        }
        catch (YamlException broken)
        {
            throw new ApiDecodeException("yaml: " + Describe(broken));
        }
    }

    private object? ReadFirst()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        if (_parser.Consume<DocumentStart>().Version is { Version: not { Major: 1, Minor: 1 } })
        {
            throw new ApiDecodeException("yaml: found incompatible YAML document");
        }

        var value = ReadNode();
        _parser.Consume<DocumentEnd>();
        return value;
    }

    private object? ReadNode()
    {
        _nodes++;
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value, out var target))
            {
                throw new ApiDecodeException($"yaml: unknown anchor '{alias.Value}' referenced");
            }

            _aliased += target.Nodes;
            _nodes += target.Nodes - 1;
            return _aliased <= AliasedNodesMax ? target.Value : throw new ApiDecodeException("yaml: document contains excessive aliasing");
        }

        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            var value = ReadScalar(scalar);
            Remember(scalar.Anchor, value, 1);
            return value;
        }

        if (++_depth > DepthMax)
        {
            throw new ApiDecodeException("yaml: exceeded max depth of " + DepthMax.ToString(CultureInfo.InvariantCulture));
        }

        var before = _nodes;
        object? node;
        AnchorName anchor;
        if (_parser.TryConsume<SequenceStart>(out var sequence))
        {
            anchor = sequence.Anchor;
            var items = new List<object?>();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode());
            }

            node = new ApiList<object?>([.. items], items.Count);
        }
        else
        {
            var mapping = _parser.Consume<MappingStart>();
            anchor = mapping.Anchor;
            node = ReadMapping();
        }

        _depth--;
        Remember(anchor, node, _nodes - before + 1);
        return node;
    }

    private ApiMap<object?> ReadMapping()
    {
        var map = new ApiMap<object?>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        ApiMap<object?>? merged = null;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var at = _parser.Current!.Start.Line;
            var isMerge = _parser.Current is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            var key = KeyText(ReadNode());
            var value = ReadNode();
            if (isMerge)
            {
                merged = Merge(merged, value);
                continue;
            }

            if (!seen.Add(key))
            {
                _duplicates.Add($"line {at.ToString(CultureInfo.InvariantCulture)}: key {GoText.Quote(key)} already set in map");
            }

            map.SetSlot(key, value);
        }

        for (var i = 0; i < (merged?.Count ?? 0); i++)
        {
            // Keys of the mapping itself win over merged ones, wherever they stand.
            if (!map.TryGetSlot(merged!.KeyAt(i), out _))
            {
                map.SetSlot(merged.KeyAt(i), merged.ValueAt(i));
            }
        }

        return map;
    }

    private static ApiMap<object?> Merge(ApiMap<object?>? merged, object? value)
    {
        merged ??= new ApiMap<object?>();
        switch (value)
        {
            case ApiMap<object?> map:
                for (var i = 0; i < map.Count; i++)
                {
                    if (!merged.TryGetSlot(map.KeyAt(i), out _))
                    {
                        merged.SetSlot(map.KeyAt(i), map.ValueAt(i));
                    }
                }

                return merged;
            case ApiList<object?> list:
                foreach (var item in list)
                {
                    merged = item is ApiMap<object?> ? Merge(merged, item) : throw new ApiDecodeException("yaml: map merge requires map or sequence of maps as the value");
                }

                return merged;
            default:
                throw new ApiDecodeException("yaml: map merge requires map or sequence of maps as the value");
        }
    }

    private static object? ReadScalar(Scalar scalar)
    {
        if (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific)
        {
            return scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty ? Boxes(YamlScalars.Resolve(scalar.Value)) : scalar.Value;
        }

        switch (scalar.Tag.Value)
        {
            case "tag:yaml.org,2002:str":
                return scalar.Value;
            case "tag:yaml.org,2002:binary":
                return Binary(scalar.Value);
            case "tag:yaml.org,2002:float" when YamlScalars.Resolve(scalar.Value) is long number:
                return (double)number;
            case "tag:yaml.org,2002:int" or "tag:yaml.org,2002:bool" or "tag:yaml.org,2002:float" or "tag:yaml.org,2002:null":
                return Boxes(YamlScalars.Resolve(scalar.Value));
            default:
                return scalar.Value;
        }
    }

    private static string Binary(string base64)
    {
        try
        {
            return Encoding.UTF8.GetString(GoText.DecodeBase64(base64));
        }
        catch (ApiDecodeException)
        {
            throw new ApiDecodeException("yaml: !!binary value contains invalid base64 data");
        }
    }

    private static object? Boxes(object? value) => value switch
    {
        bool flag => Boxed.Of(flag),
        long number => Boxed.Of(number),
        double number when !double.IsFinite(number) => throw new ApiDecodeException("json: unsupported value: " + (double.IsNaN(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf")),
        _ => value,
    };

    private static string KeyText(object? key) => key switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        long or double => Encoding.UTF8.GetString(ApiJson.WriteValueToArray(key)),
        null => "null",
        _ => throw new ApiDecodeException("yaml: invalid map key: " + Patch.GoFormat.Syntax(key)),
    };

    private void Remember(AnchorName anchor, object? value, int nodes)
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = (value, nodes);
        }
    }

    /// <summary>
    /// libyaml's words, which both parsers have from it. Go's port tells the line of a parser's fault one too low, and none for the first line.
    /// </summary>
    private static string Describe(YamlException broken)
    {
        var message = broken.Message.TrimEnd('.');
        var cut = message.StartsWith("While ", StringComparison.Ordinal) ? message.IndexOf(", ", StringComparison.Ordinal) : -1;
        if (cut >= 0)
        {
            message = message[(cut + 2)..];
        }

        message = char.ToLowerInvariant(message[0]) + message[1..];
        var isInvalidMapping = message == "found invalid mapping";
        if (isInvalidMapping)
        {
            message = "mapping values are not allowed in this context";
        }

        var line = broken.Start.Line - 1;
        if (line > 0 && (broken is SyntaxErrorException || isInvalidMapping))
        {
            line++;
        }

        return line > 0 ? $"line {line.ToString(CultureInfo.InvariantCulture)}: {message}" : message;
    }
}
