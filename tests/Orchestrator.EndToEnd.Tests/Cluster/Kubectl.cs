using System.Diagnostics;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>The real kubectl, as a user runs it.</summary>
public sealed record Kubectl(string Kubeconfig)
{
    /// <summary>What tests/run fetched, else whatever the machine has.</summary>
    private static readonly string Program =
        new[] { Path.Combine(Programs.Repository, "artifacts/tools/kubectl") }.FirstOrDefault(File.Exists) ?? "kubectl";

    public string? Namespace { get; init; }

    public Task<Run> RunAsync(params string[] arguments) => Programs.RunAsync(Start(arguments), input: null);

    /// <summary>With a file on standard input; the arguments name it as <c>-f -</c>.</summary>
    public Task<Run> RunWithAsync(string input, params string[] arguments) => Programs.RunAsync(Start(arguments), input);

    /// <summary>What the command prints; fails the test if it fails.</summary>
    public async Task<string> DoAsync(params string[] arguments) => (await RunAsync(arguments)).Succeeded();

    public async Task<string> ApplyAsync(string manifest) => (await RunWithAsync(manifest, "apply", "-f", "-")).Succeeded();

    /// <summary>A value out of an object.</summary>
    public Task<string> PathAsync(string target, string path) => DoAsync("get", target, "-o", $"jsonpath={path}");

    /// <summary>Starts one that runs until it is ended, such as a port-forward.</summary>
    public Process StartInBackground(params string[] arguments)
    {
        var start = Start(arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        return Process.Start(start)!;
    }

    public ProcessStartInfo Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (Namespace is not null && !arguments.Contains("-n") && !arguments.Contains("-A"))
        {
            start.ArgumentList.Insert(0, "--namespace=" + Namespace);
        }

        start.Environment["KUBECONFIG"] = Kubeconfig;
        // Discovery is cached below the home directory by host and port, which tests use again.
        start.Environment["KUBECACHEDIR"] = Path.Combine(Path.GetDirectoryName(Kubeconfig)!, "kubectl-cache");
        return start;
    }
}
