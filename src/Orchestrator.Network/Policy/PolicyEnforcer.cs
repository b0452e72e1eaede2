using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Client;
using Orchestrator.Network.Commands;

namespace Orchestrator.Network.Policy;

/// <summary>Keeps the kernel's rules what the NetworkPolicies say about this node's pods.</summary>
/// <remarks>
/// Nobody pays for policies who has none: pods are only followed once there is a policy, and the table is only made then. The rules
/// stay when this stops, and come back from a file should the machine restart before the API server can be asked.
/// </remarks>
internal sealed partial class PolicyEnforcer(
    PolicyOptions options, IInformerFactory informers, Nftables nftables, TimeProvider time, ILogger<PolicyEnforcer> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _dirty = new(0, 1);
    private PolicyRuleset? _applied;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RestoreAsync(cancellationToken);
        var policies = informers.Get<NetworkPolicy>();
        using var policyHandler = policies.OnChange(_ => MarkDirty());
        informers.Start();
        await policies.WaitForSyncAsync(cancellationToken);

        // 1. Until the first policy there is nothing to follow; a table of an earlier run has to go.
        while (policies.Count == 0)
        {
            await TryRemoveAsync(cancellationToken);
            await _dirty.WaitAsync(cancellationToken);
        }

        var pods = informers.Get<Pod>();
        var namespaces = informers.Get<Namespace>();
        using var podHandler = pods.AddHandler(_ => MarkDirty(), PodUpdated, _ => MarkDirty());
        using var namespaceHandler = namespaces.AddHandler(_ => MarkDirty(), NamespaceUpdated, _ => MarkDirty());
        informers.Start();
        await pods.WaitForSyncAsync(cancellationToken);
        await namespaces.WaitForSyncAsync(cancellationToken);

        // 2. Compile, apply what differs, wait.
        while (true)
        {
            var wanted = PolicyCompiler.Compile(
                [.. policies.List().Select(PolicyConversion.Convert)],
                [.. pods.List().Select(PolicyConversion.Convert).OfType<PodInfo>()],
                namespaces.List().ToDictionary(ns => ns.Metadata.Name, ns => ns.Metadata.Labels),
                options.NodeName);
            if (!await TryApplyAsync(wanted, cancellationToken))
            {
                await Task.Delay(RetryAfter, time, cancellationToken);
                continue;
            }

            if (await WaitForChangeAsync(cancellationToken))
            {
                await Task.Delay(options.Settle, time, cancellationToken);
            }
            else if (!await IsPresentAsync(cancellationToken))
            {
                _applied = null;
            }
        }
    }

    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (File.Exists(options.RulesFile) && !await IsPresentAsync(cancellationToken))
            {
                await nftables.ApplyAsync(await File.ReadAllTextAsync(options.RulesFile, cancellationToken), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or NftablesException or UnauthorizedAccessException)
        {
            LogFailed(exception, options.Table);
        }
    }

    private async Task<bool> TryApplyAsync(PolicyRuleset wanted, CancellationToken cancellationToken)
    {
        try
        {
            if (_applied is null)
            {
                await nftables.ApplyAsync(wanted.Script(options.Table), cancellationToken);
            }
            else if (wanted.Since(_applied, options.Table) is { IsEmpty: false } transaction)
            {
                await nftables.ApplyAsync(transaction.Script(), cancellationToken);
            }
            else
            {
                return true;
            }

            _applied = wanted;
            LogApplied(options.Table, wanted.Chains.Count, wanted.Elements.Count);
            await SaveAsync(wanted, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is IOException or NftablesException or UnauthorizedAccessException)
        {
            LogFailed(exception, options.Table);
            _applied = null;
            return false;
        }
    }

    private async Task SaveAsync(PolicyRuleset rules, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(options.RulesFile)!);
        var temporary = options.RulesFile + ".new";
        await File.WriteAllTextAsync(temporary, rules.Script(options.Table), cancellationToken);
        File.Move(temporary, options.RulesFile, overwrite: true);
    }

    private async Task TryRemoveAsync(CancellationToken cancellationToken)
    {
        try
        {
            File.Delete(options.RulesFile);
            if (await IsPresentAsync(cancellationToken))
            {
                await nftables.ApplyAsync($"delete table ip {options.Table}\n", cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or NftablesException or UnauthorizedAccessException)
        {
            LogFailed(exception, options.Table);
        }
    }

    private async Task<bool> IsPresentAsync(CancellationToken cancellationToken)
    {
        var chains = await nftables.ListAsync("list chains ip", cancellationToken) ?? [];
        return chains.Any(item => item.TryGetProperty("chain", out var chain)
            && chain.GetProperty("table").GetString() == options.Table && chain.GetProperty("name").GetString() == "received");
    }

    /// <returns><see langword="false"/> if it was only time that passed.</returns>
    private async Task<bool> WaitForChangeAsync(CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(options.CheckEvery, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _dirty.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void PodUpdated(Pod old, Pod current)
    {
        // Most updates are conditions and container states, which no policy asks about.
        if (old.Status.PodIP != current.Status.PodIP || old.Status.Phase != current.Status.Phase || old.Spec.NodeName != current.Spec.NodeName
            || !old.Metadata.Labels.Equals(current.Metadata.Labels))
        {
            MarkDirty();
        }
    }

    private void NamespaceUpdated(Namespace old, Namespace current)
    {
        if (!old.Metadata.Labels.Equals(current.Metadata.Labels))
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
                // Another informer's handler was quicker; one wake-up is enough.
            }
        }
    }

    [LoggerMessage(NetworkEvents.PolicyApplied, LogLevel.Debug, "Table {Table} has {Chains} chains and {Elements} addresses of network policies")]
    private partial void LogApplied(string table, int chains, int elements);

    [LoggerMessage(NetworkEvents.PolicyApplyFailed, LogLevel.Warning, "Network policies in table {Table} could not be put in force; trying again")]
    private partial void LogFailed(Exception exception, string table);
}
