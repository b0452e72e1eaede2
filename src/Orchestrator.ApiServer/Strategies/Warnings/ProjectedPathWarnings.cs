using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>Files of a volume that lie below other files of it.</summary>
internal static class ProjectedPathWarnings
{
    public static void Add(PodSpec spec, List<string> warnings)
    {
        foreach (var volume in spec.Volumes)
        {
            var files = new List<(string Path, string Source)>();
            var kind = "";
            if (volume.Projected is { } projected)
            {
                kind = "Projected";
                foreach (var source in projected.Sources)
                {
                    files.AddRange(source.ConfigMap?.Items.Select(i => (i.Path, $"ConfigMap {GoText.Quote(source.ConfigMap.Name)}")) ?? []);
                    files.AddRange(source.Secret?.Items.Select(i => (i.Path, $"Secret {GoText.Quote(source.Secret.Name)}")) ?? []);
                    files.AddRange(source.DownwardAPI?.Items.Select(static i => (i.Path, "DownwardAPI")) ?? []);
                    if (source.ServiceAccountToken is { } token)
                    {
                        files.Add((token.Path, "ServiceAccountToken"));
                    }
                }
            }
            else if (volume.ConfigMap is { Items.Count: > 1 } map)
            {
                kind = "ConfigMap";
                files.AddRange(map.Items.Select(static i => (i.Path, "")));
            }
            else if (volume.Secret is { Items.Count: > 1 } secret)
            {
                kind = "Secret";
                files.AddRange(secret.Items.Select(static i => (i.Path, "")));
            }

            for (var i = 1; i < files.Count; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    var (shorter, longer) = files[j].Path.Length < files[i].Path.Length ? (files[j], files[i]) : (files[i], files[j]);
                    if (longer.Path.StartsWith(shorter.Path + "/", StringComparison.Ordinal))
                    {
                        warnings.Add($"volume {GoText.Quote(volume.Name)} ({kind}): overlapping paths: {GoText.Quote(longer.Path)}{Of(longer.Source)} with {GoText.Quote(shorter.Path)}{Of(shorter.Source)}");
                    }
                }
            }
        }
    }

    private static string Of(string source) => source.Length == 0 ? "" : $" ({source})";
}
