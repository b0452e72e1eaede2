using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>URLs and their parts.</summary>
internal static class UrlLibrary
{
    public static CelType Type { get; } = T.Struct("kubernetes.URL");

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function(
            "url",
            Global(
                "string_to_url",
                [T.String],
                Type,
                a => GoUrl.Parse(a[0].AsString, out var fault) is { } url
                    ? new Url(url)
                    : CelValue.Error($"URL parse error during conversion from string: {fault}"))),
        Function("isURL", Global("is_url_string", [T.String], T.Bool, a => GoUrl.Parse(a[0].AsString, out _) is not null)),
        Part("getScheme", "scheme", u => u.Scheme),
        Part("getHost", "host", u => u.Host),
        Part("getHostname", "hostname", u => u.Hostname),
        Part("getPort", "port", u => u.Port),
        Part("getEscapedPath", "escaped_path", u => u.EscapedPath),
        Function("getQuery", Member("url_get_query", [Type], T.Map(T.String, T.List(T.String)), a => Query(((Url)a[0].Reference!).Value))),
    ];

    private static CelFunction Part(string name, string id, Func<GoUrl, string> part) =>
        Function(name, Member($"url_get_{id}", [Type], T.String, a => part(((Url)a[0].Reference!).Value)));

    private static CelDictionary Query(GoUrl url)
    {
        var map = new CelDictionary();
        foreach (var parameter in url.Query().GroupBy(p => p.Key))
        {
            map.TryAdd(parameter.Key, new CelArray([.. parameter.Select(p => CelValue.String(p.Value))]));
        }

        return map;
    }

    private sealed class Url(GoUrl value) : CelOpaque(Type)
    {
        public GoUrl Value => value;

        public override bool ValueEquals(CelReference other) => other is Url url && url.Value.Text == value.Text;

        public override int ValueHash() => value.Text.GetHashCode(StringComparison.Ordinal);

        public override string ToString() => value.Text;
    }
}
