using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Admission.EventRates;
using Orchestrator.ApiServer.Admission.ImagePolicies;
using Orchestrator.ApiServer.Admission.PodNodeSelectors;
using Orchestrator.ApiServer.Admission.PodSecurity;
using Orchestrator.ApiServer.Admission.PodTolerations;
using Orchestrator.ApiServer.Admission.Quota;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Admission.Configuration;

/// <summary>Reads an AdmissionConfiguration of apiserver.config.k8s.io, and the files that it names.</summary>
public static class AdmissionConfigReader
{
    /// <exception cref="FormatException">A file is wrong; the message tells which and where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static AdmissionConfig Load(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Named(path, root =>
        {
            root.Require("AdmissionConfiguration", "apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1alpha1", "apiserver.k8s.io/v1alpha1");
            var config = new AdmissionConfig();
            foreach (var plugin in root.List("plugins", isOptional: true))
            {
                config = plugin.Has("configuration") ? With(config, plugin.Text("name"), plugin.Member("configuration"), folder)
                    : plugin.Text("path") is { Length: > 0 } file ? Named(Path.Combine(folder, file), n => With(config, plugin.Text("name"), n, folder))
                    : config;
            }

            return config;
        });
    }

    private static T Named<T>(string path, Func<ConfigNode, T> read)
    {
        try
        {
            return read(new ConfigNode(YamlReader.Read(File.ReadAllBytes(path), out _), ""));
        }
        catch (Exception e) when (e is ApiDecodeException or FormatException)
        {
            throw new FormatException($"{path}: {e.Message}");
        }
    }

    private static AdmissionConfig With(AdmissionConfig config, string plugin, ConfigNode node, string folder) => plugin switch
    {
        "EventRateLimit" => config with { EventRates = EventRateOptions.Read(node) },
        "ImagePolicyWebhook" => config with { ImagePolicy = ImagePolicyOptions.Read(node, folder) },
        "PodNodeSelector" => config with { NodeSelectors = PodNodeSelectorOptions.Read(node) },
        "PodTolerationRestriction" => config with { Tolerations = PodTolerationOptions.Read(node) },
        "PodSecurity" => config with { PodSecurity = PodSecurityOptions.Read(node) },
        "ResourceQuota" => config with { LimitedResources = LimitedResource.Read(node) },
        _ => throw new FormatException($"plugins: {GoText.Quote(plugin)} takes no configuration"),
    };
}
