using System.CommandLine;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary>What the commands that talk to a cluster share.</summary>
internal static class ClientCommand
{
    public static Option<string> Kubeconfig { get; } = new("--kubeconfig")
    {
        Description = "How to reach the cluster (default: $KUBECONFIG, else the administrator's of this machine)",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } path ? path : new DataDirectory(DataDirectory.DefaultPath).AdminKubeconfig,
    };

    public static Option<string> Namespace { get; } = new("--namespace", "-n")
    {
        Description = "The namespace of objects that do not say theirs",
        HelpName = "NAME",
        DefaultValueFactory = _ => "default",
    };

    /// <exception cref="SettingException">There is no such file, or it is no kubeconfig.</exception>
    public static HttpClusterClient Connect(string path)
    {
        try
        {
            return new(KubeconfigFile.Load(path) with { UserAgent = "orchestrator" }, TimeProvider.System);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new SettingException($"cannot use the kubeconfig {path}: {e.Message}");
        }
    }

    /// <summary>The value, or the server's refusal as this command's error.</summary>
    public static T OrFail<T>(this ApiResult<T> result, string what) =>
        result.Error is { } error ? throw new SettingException($"{what}: {Reason(error)}") : result.Value;

    private static string Reason(Status error) => error.Message.Length > 0 ? error.Message : error.Reason;
}
