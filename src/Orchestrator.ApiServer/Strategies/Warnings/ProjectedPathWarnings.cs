using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>Files of a volume that are named twice, or lie below other files of it.</summary>
internal static class ProjectedPathWarnings
{
    public static void Add(PodSpec spec, List<string> warnings)
    {
        foreach (var volume in spec.Volumes)
        {
            if (volume.ConfigMap is { Items.Count: > 1 } map)
            {
                Overlaps(map.Items.Select(static i => (i.Path, "")), $"ConfigMap {GoText.Quote(map.Name)}");
            }

            if (volume.Secret is { Items.Count: > 1 } secret)
            {
                Overlaps(secret.Items.Select(static i => (i.Path, "")), $"Secret {GoText.Quote(secret.SecretName)}");
            }

            if (volume.DownwardAPI is { Items.Count: > 1 } downward)
            {
                Overlaps(downward.Items.Select(static i => (i.Path, "")), "DownwardAPI");
            }

            if (volume.Projected is { } projected)
            {
                foreach (var source in projected.Sources)
                {
                    if (source.IsZero)
                    {
                        warnings.Add($"volume {GoText.Quote(volume.Name)} (Projected) has no sources provided");
                    }
                }

                Overlaps(projected.Sources.SelectMany(Files), "Projected");
            }

            void Overlaps(IEnumerable<(string Path, string Source)> given, string kind)
            {
                var files = new List<(string Path, string Source)>();
                foreach (var (untrimmed, source) in given)
                {
                    var file = (Path: untrimmed.TrimEnd('/'), Source: source);
                    foreach (var other in files)
                    {
                        if (file.Path.Length > 0 && other.Path.Length > 0
                            && ((other.Path + "/").StartsWith(file.Path + "/", StringComparison.Ordinal) || (file.Path + "/").StartsWith(other.Path + "/", StringComparison.Ordinal)))
                        {
                            warnings.Add($"volume {GoText.Quote(volume.Name)} ({kind}): overlapping paths: {Text(file)} with {Text(other)}");
                        }
                    }

                    files.Add(file);
                }
            }
        }
    }

    private static IEnumerable<(string Path, string Source)> Files(VolumeProjection source) => source switch
    {
        { ConfigMap: { Items.Count: > 0 } map } => map.Items.Select(i => (i.Path, $"ConfigMap {GoText.Quote(map.Name)}")),
        { Secret: { Items.Count: > 0 } secret } => secret.Items.Select(i => (i.Path, $"Secret {GoText.Quote(secret.Name)}")),
        { DownwardAPI: { Items.Count: > 0 } downward } => downward.Items.Select(static i => (i.Path, "DownwardAPI")),
        { ServiceAccountToken: { } token } => [(token.Path, "ServiceAccountToken")],
        { ClusterTrustBundle: { } bundle } => [(bundle.Path, $"ClusterTrustBundle {GoText.Quote(bundle.Name ?? bundle.SignerName ?? "")}")],
        _ => [],
    };

    private static string Text((string Path, string Source) file) => GoText.Quote(file.Path) + (file.Source.Length == 0 ? "" : $" ({file.Source})");
}
