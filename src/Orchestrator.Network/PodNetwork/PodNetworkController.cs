using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.PodNetwork;

/// <summary>Follows the Nodes and has the pod network changed accordingly; starts with what the last run knew.</summary>
internal sealed partial class PodNetworkController(
    PodNetworkOptions options,
    IInformerFactory informers,
    PodNetworkConfigurator configurator,
    ServiceCatalog catalog,
    TimeProvider time,
    ILogger<PodNetworkController> logger)
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _dirty = new(0, 1);

    /// <summary>Completes once pods can be connected: the CNI configuration is written.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var nodes = informers.Get<Node>();
        using var handler = nodes.AddHandler(_ => MarkDirty(), Updated, _ => MarkDirty());
        informers.Start();
        var applied = ReadState();
        if (applied is not null)
        {
            await TryApplyAsync(applied, cancellationToken);
        }

        await nodes.WaitForSyncAsync(cancellationToken);
        var waiting = false;
        while (true)
        {
            var state = StateOf(nodes.List());
            if (state.PodCidr.Length == 0 && !waiting)
            {
                waiting = true;
                LogWaiting(options.NodeName);
            }

            // An unassigned network tells nothing new about one that we have from before.
            var next = state.PodCidr.Length == 0 && applied is not null ? state with { PodCidr = applied.PodCidr } : state;
            if (next != applied || !_ready.Task.IsCompleted)
            {
                if (!await TryApplyAsync(next, cancellationToken))
                {
                    await Task.Delay(RetryAfter, time, cancellationToken);
                    continue;
                }

                applied = next;
                WriteState(next);
            }

            await _dirty.WaitAsync(cancellationToken);
        }
    }

    private async Task<bool> TryApplyAsync(PodNetworkState state, CancellationToken cancellationToken)
    {
        try
        {
            await configurator.ApplyAsync(state, cancellationToken);
            if (state.PodCidr.Length > 0)
            {
                _ready.TrySetResult();
            }

            return true;
        }
        catch (Exception exception) when (exception is IOException or NftablesException or UnauthorizedAccessException)
        {
            LogFailed(exception, RetryAfter);
            return false;
        }
    }

    private void Updated(Node old, Node current)
    {
        // Nodes report every few seconds; hardly ever does it concern us.
        if (PodCidrOf(old) != PodCidrOf(current) || AddressOf(old) != AddressOf(current) || ZoneOf(old) != ZoneOf(current))
        {
            MarkDirty();
        }
    }

    private void MarkDirty()
    {
        if (_dirty.CurrentCount == 0)
        {
            try
            {
                _dirty.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another handler's call was quicker; one wake-up is enough.
            }
        }
    }

    private PodNetworkState StateOf(IReadOnlyCollection<Node> nodes)
    {
        var own = nodes.FirstOrDefault(node => node.Metadata.Name == options.NodeName);
        if (own is not null)
        {
            catalog.SetZone(ZoneOf(own));
        }

        return new PodNetworkState(
            own is null ? "" : PodCidrOf(own),
            own is null ? "" : AddressOf(own),
            nodes.Where(node => node.Metadata.Name != options.NodeName)
                .Select(node => new PeerNode(node.Metadata.Name, PodCidrOf(node), AddressOf(node)))
                .Where(peer => peer.PodCidr.Length > 0 && peer.Address.Length > 0)
                .DistinctBy(peer => peer.PodCidr)
                .OrderBy(peer => peer.Name, StringComparer.Ordinal).ToEquatableArray());
    }

    private static string ZoneOf(Node node) => node.Metadata.Labels.TryGetValue(ZoneLabel, out var zone) ? zone : "";

    private static string PodCidrOf(Node node)
    {
        IEnumerable<string> all = node.Spec.PodCIDRs.Count > 0 ? node.Spec.PodCIDRs : [node.Spec.PodCIDR];
        return all.FirstOrDefault(cidr => IPNetwork.TryParse(cidr, out var network) && network.BaseAddress.AddressFamily == AddressFamily.InterNetwork) ?? "";
    }

    private static string AddressOf(Node node) =>
        node.Status.Addresses.FirstOrDefault(address => address.Type == "InternalIP"
            && IPAddress.TryParse(address.Address, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetwork)?.Address ?? "";

    private PodNetworkState? ReadState()
    {
        try
        {
            return JsonSerializer.Deserialize<PodNetworkState>(File.ReadAllText(options.StateFile));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException)
        {
            LogStateUnusable(exception, options.StateFile);
            return null;
        }
    }

    private void WriteState(PodNetworkState state)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(options.StateFile)!);
            var temporary = options.StateFile + ".new";
            File.WriteAllText(temporary, JsonSerializer.Serialize(state));
            File.Move(temporary, options.StateFile, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogStateUnusable(exception, options.StateFile);
        }
    }

    [LoggerMessage(NetworkEvents.PodNetworkWaiting, LogLevel.Information, "Waiting for a pod network to be assigned to node {Node}")]
    private partial void LogWaiting(string node);

    [LoggerMessage(NetworkEvents.PodNetworkApplyFailed, LogLevel.Warning, "The pod network could not be set up; trying again in {Delay}")]
    private partial void LogFailed(Exception exception, TimeSpan delay);

    [LoggerMessage(NetworkEvents.PodNetworkStateUnusable, LogLevel.Warning, "The pod network's state in {Path} can't be read or written")]
    private partial void LogStateUnusable(Exception exception, string path);
}
