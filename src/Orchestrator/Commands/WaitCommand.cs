using System.CommandLine;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator wait</c>: until the server answers, the nodes are ready, or a Deployment is rolled out.</summary>
internal static class WaitCommand
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var target = new Argument<string>("what") { Description = "server, nodes, or deployment/NAME" };
        var timeout = new Option<string>("--timeout") { Description = "How long at most", HelpName = "DURATION", DefaultValueFactory = _ => "60s" };
        var local = new Option<bool>("--local") { Description = "Of the nodes only those with an address of this machine" };
        var command = new Command("wait", "Wait until the server answers, the nodes are ready, or a Deployment is rolled out")
        {
            target, timeout, local, ClientCommand.Kubeconfig, ClientCommand.Namespace,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var what = parsed.GetValue(target)!;
            var ns = parsed.GetValue(ClientCommand.Namespace)!;
            Func<IClusterClient, CancellationToken, Task<string?>> missing = what switch
            {
                "server" => MissingOfServerAsync,
                "nodes" => (client, token) => MissingOfNodesAsync(client, parsed.GetValue(local), token),
                _ when what.StartsWith("deployment/", StringComparison.Ordinal) => (client, token) => MissingOfDeploymentAsync(client, new(ns, what["deployment/".Length..]), token),
                _ => throw new SettingException($"'{what}' cannot be waited for, only server, nodes and deployment/NAME"),
            };
            if (!SettingValue.Duration.TryParse(parsed.GetValue(timeout)!, out var limit))
            {
                throw new SettingException($"--timeout: '{parsed.GetValue(timeout)}' is not {SettingValue.Duration.Expectation}");
            }

            await WaitAsync(what, limit, parsed.GetValue(ClientCommand.Kubeconfig)!, missing, TimeProvider.System, cancellationToken);
        });
        return command;
    }

    private static async Task WaitAsync(string what, TimeSpan limit, string kubeconfig, Func<IClusterClient, CancellationToken, Task<string?>> missing,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        HttpClusterClient? cluster = null;
        try
        {
            string? reason;
            do
            {
                // A server that starts for the first time writes the file when it can answer.
                cluster ??= File.Exists(kubeconfig) ? ClientCommand.Connect(kubeconfig) : null;
                reason = cluster is null ? $"there is no {kubeconfig}" : await missing(cluster, cancellationToken);
                if (reason is null)
                {
                    return;
                }

                await Task.Delay(PollInterval, time, cancellationToken);
            }
            while (time.GetElapsedTime(started) < limit);
            throw new SettingException($"waited {limit.TotalSeconds:0} s for {what}: {reason}");
        }
        finally
        {
            cluster?.Dispose();
        }
    }

    private static async Task<string?> MissingOfServerAsync(IClusterClient client, CancellationToken cancellationToken) =>
        (await client.GetAsync<Namespace>("", "kube-system", cancellationToken)).Error?.Message;

    private static async Task<string?> MissingOfNodesAsync(IClusterClient client, bool local, CancellationToken cancellationToken)
    {
        var listed = await client.ListAsync<Node>("", null, cancellationToken);
        if (listed.Error is { } error)
        {
            return error.Message;
        }

        var nodes = local ? [.. listed.Value.Items.Where(IsOfThisMachine)] : listed.Value.Items;
        if (nodes.Count == 0)
        {
            return local ? "the node of this machine has not registered" : "no node has registered";
        }

        foreach (var node in nodes)
        {
            var ready = node.Status.Conditions.FirstOrDefault(condition => condition.Type == "Ready");
            if (ready?.Status != "True")
            {
                return $"node {node.Metadata.Name} is not ready{(ready is null ? "" : $": {ready.Message}")}";
            }

            // A condition outlives its agent by some seconds; a connection does not.
            var address = node.Status.Addresses.FirstOrDefault(address => address.Type == "InternalIP")?.Address;
            var port = node.Status.DaemonEndpoints.KubeletEndpoint.Port;
            if (address is not null && port > 0 && !await IsListeningAsync(address, port, cancellationToken))
            {
                return $"the agent of node {node.Metadata.Name} does not answer on {address}:{port}";
            }
        }

        return null;
    }

    private static bool IsOfThisMachine(Node node)
    {
        var addresses = NetworkInterface.GetAllNetworkInterfaces().SelectMany(static i => i.GetIPProperties().UnicastAddresses).Select(static a => a.Address.ToString()).ToHashSet();
        return node.Status.Addresses.Any(a => a.Type == "InternalIP" && addresses.Contains(a.Address));
    }

    private static async Task<string?> MissingOfDeploymentAsync(IClusterClient client, Api.ObjectKey key, CancellationToken cancellationToken)
    {
        var got = await client.GetAsync<Deployment>(key, cancellationToken);
        if (got.Error is { } error)
        {
            return error.Message;
        }

        var deployment = got.Value;
        var wanted = deployment.Spec.Replicas ?? 1;
        var status = deployment.Status;
        return status.ObservedGeneration < deployment.Metadata.Generation ? "its controller has not seen the last change"
            : status.UpdatedReplicas < wanted ? $"{status.UpdatedReplicas} of {wanted} pods are new"
            : status.Replicas > status.UpdatedReplicas ? $"{status.Replicas - status.UpdatedReplicas} old pods are left"
            : status.AvailableReplicas < wanted ? $"{status.AvailableReplicas} of {wanted} pods are available"
            : null;
    }

    private static async Task<bool> IsListeningAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await socket.ConnectAsync(host, port, timeout.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
