using Microsoft.Extensions.Logging;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Proxy;

/// <summary>Keeps the kernel's rules what the Services say.</summary>
/// <remarks>
/// <code>
/// start → [catalog loaded] → reconcile with the kernel → wait for changes ⇄ apply
///                                  ↑                                        │ refused, or the table is not what it was
///                                  └────────────────────────────────────────┘
/// </code>
/// The first change is applied at once; what comes in while nft runs goes into the next transaction, so a burst costs
/// few of them without anybody waiting for a timer. Rules stay when this stops.
/// </remarks>
internal sealed partial class ServiceProxy(
    ProxyOptions options,
    ServiceCatalog catalog,
    Nftables nftables,
    ConntrackCleaner conntrack,
    HealthCheckServers healthChecks,
    TimeProvider time,
    ILogger<ServiceProxy> logger)
{
    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(30);

    private readonly ProxyState _state = new(options);
    private readonly Lock _waitersLock = new();
    private readonly CatalogSubscription _changes = catalog.Subscribe();
    private List<TaskCompletionSource> _waiters = [];

    /// <summary>Completes when everything that the catalog holds at this moment is in the kernel.</summary>
    public Task WhenAppliedAsync()
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waitersLock)
        {
            _waiters.Add(waiter);
        }

        _changes.Wake();
        return waiter.Task;
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await catalog.Loaded.WaitAsync(cancellationToken);
        var inStep = false;
        var retry = RetryMin;
        while (true)
        {
            var waiters = TakeWaiters();
            var change = _changes.Take();
            try
            {
                if (inStep)
                {
                    await ApplyAsync(_state.Apply(change.Services), cancellationToken);
                }
                else
                {
                    _state.Apply(change.Services);
                    await ReconcileAsync(cancellationToken);
                    inStep = true;
                }

                await healthChecks.SetAsync(_state.HealthChecks);
                foreach (var waiter in waiters)
                {
                    waiter.TrySetResult();
                }

                retry = RetryMin;
            }
            catch (Exception exception) when (exception is NftablesException or IOException)
            {
                // The state has the change, the kernel does not: from here on only a comparison helps.
                LogApplyFailed(exception, options.Table, retry);
                inStep = false;
                PutBack(waiters);
                await Task.Delay(retry, time, cancellationToken);
                retry = retry * 2 > RetryMax ? RetryMax : retry * 2;
                continue;
            }

            if (!await WaitForChangeAsync(cancellationToken))
            {
                inStep = await IsInStepAsync(cancellationToken);
            }
        }
    }

    private async Task ApplyAsync(ProxyTransaction transaction, CancellationToken cancellationToken)
    {
        if (!transaction.IsEmpty)
        {
            var startedAt = time.GetTimestamp();
            await nftables.ApplyAsync(transaction.Script(), cancellationToken);
            LogApplied(options.Table, transaction.ChangeCount, time.GetElapsedTime(startedAt));
        }

        await conntrack.ForgetAsync(transaction.StaleFlows, cancellationToken);
    }

    /// <summary>Compares with what the kernel has, which may be an earlier run's, and changes only what differs: no packet notices.</summary>
    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var kernel = await KernelTable.ReadAsync(nftables, options, cancellationToken);
        var transaction = _state.Diff(kernel ?? new KernelTable());
        var script = kernel is null ? BaseRules.Script(options) + transaction.Script() : transaction.Script();
        if (script.Length > 0)
        {
            await nftables.ApplyAsync(script, cancellationToken);
        }

        await conntrack.ForgetAsync(transaction.StaleFlows, cancellationToken);
        LogReconciled(options.Table, _state.ServiceCount, kernel is null, transaction.ChangeCount);
    }

    /// <summary>Other programs flush tables ("nft flush ruleset" is in many a script); services must come back by themselves.</summary>
    private async Task<bool> IsInStepAsync(CancellationToken cancellationToken)
    {
        try
        {
            var chains = await KernelTable.ReadChainsAsync(nftables, options, cancellationToken);
            if (chains is not null && _state.ChainNames().SetEquals(chains))
            {
                return true;
            }

            LogDrift(options.Table);
        }
        catch (Exception exception) when (exception is NftablesException or IOException)
        {
            LogApplyFailed(exception, options.Table, RetryMin);
        }

        return false;
    }

    /// <returns><see langword="false"/> if it was only time that passed.</returns>
    private async Task<bool> WaitForChangeAsync(CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(options.CheckEvery, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _changes.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private List<TaskCompletionSource> TakeWaiters()
    {
        lock (_waitersLock)
        {
            var taken = _waiters;
            _waiters = [];
            return taken;
        }
    }

    private void PutBack(List<TaskCompletionSource> waiters)
    {
        lock (_waitersLock)
        {
            _waiters.AddRange(waiters);
        }
    }

    [LoggerMessage(NetworkEvents.ProxyApplied, LogLevel.Debug, "Table {Table}: {Changes} changes in {Elapsed}")]
    private partial void LogApplied(string table, int changes, TimeSpan elapsed);

    [LoggerMessage(NetworkEvents.ProxyApplyFailed, LogLevel.Warning, "Table {Table} could not be changed; trying again in {Delay}")]
    private partial void LogApplyFailed(Exception exception, string table, TimeSpan delay);

    [LoggerMessage(NetworkEvents.ProxyReconciled, LogLevel.Information, "Table {Table} is in step with {Services} services (made anew: {Anew}, changes: {Changes})")]
    private partial void LogReconciled(string table, int services, bool anew, int changes);

    [LoggerMessage(NetworkEvents.ProxyDrift, LogLevel.Warning, "Table {Table} was changed by somebody else; putting it right")]
    private partial void LogDrift(string table);
}
