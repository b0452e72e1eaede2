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
/// The first change is applied at once; what comes in while nft runs goes into the next transactions, so a burst costs
/// few of them without anybody waiting for a timer. Rules stay when this stops.
/// A change takes two transactions, and a third when all is quiet: see <see cref="TableTransaction.PreparationScript"/>.
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

    /// <summary>A quiet moment, after which what is left over is taken away.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly ProxyState _state = new(options);
    private readonly TableRemnants _remnants = new();
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
                if (!inStep && exception is NftablesException)
                {
                    await QuarantineAsync(cancellationToken);
                }

                inStep = false;
                PutBack(waiters);
                await Task.Delay(retry, time, cancellationToken);
                retry = retry * 2 > RetryMax ? RetryMax : retry * 2;
                continue;
            }

            if (!await WaitForChangeAsync(_remnants.IsEmpty ? options.CheckEvery : Quiet, cancellationToken))
            {
                inStep = _remnants.IsEmpty ? await IsInStepAsync(cancellationToken) : await TryTidyAsync(cancellationToken);
            }
        }
    }

    private async Task ApplyAsync(ProxyTransaction transaction, CancellationToken cancellationToken)
    {
        if (!transaction.IsEmpty)
        {
            var startedAt = time.GetTimestamp();
            await RunAsync(transaction, cancellationToken);
            LogApplied(options.Table, transaction.ChangeCount, time.GetElapsedTime(startedAt));
        }

        await conntrack.ForgetAsync(transaction.StaleFlows, cancellationToken);
    }

    private async Task RunAsync(ProxyTransaction transaction, CancellationToken cancellationToken)
    {
        if (transaction.PreparationScript(_remnants) is { Length: > 0 } preparation)
        {
            await nftables.ApplyAsync(preparation, cancellationToken);
            _remnants.Clear();
        }

        if (transaction.SwitchScript() is { Length: > 0 } change)
        {
            await nftables.ApplyAsync(change, cancellationToken);
        }

        transaction.LeaveTo(_remnants);
    }

    /// <summary>Compares with what the kernel has, which may be an earlier run's, and changes only what differs: no packet notices.</summary>
    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        // What is left over is in the kernel's table too, and will be found there.
        _remnants.Clear();
        var kernel = await KernelTable.ReadAsync(nftables, options, cancellationToken);
        var transaction = _state.Diff(kernel ?? new KernelTable());
        if (kernel is null)
        {
            await nftables.ApplyAsync(BaseRules.Script(options) + transaction.Script(), cancellationToken);
        }
        else
        {
            await RunAsync(transaction, cancellationToken);
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

    /// <summary>
    /// Finds the Services whose rules the kernel refuses, and leaves them out until they change: a transaction is all or nothing, so
    /// one of them would keep all others from being served.
    /// </summary>
    private async Task QuarantineAsync(CancellationToken cancellationToken)
    {
        var suspects = new Stack<IReadOnlyList<ServiceKey>>([_state.Keys()]);
        while (suspects.TryPop(out var keys))
        {
            if (keys.Count == 0 || await nftables.IsAcceptedAsync(_state.TrialScript(keys), cancellationToken))
            {
                continue;
            }

            if (keys.Count == 1)
            {
                _state.Apply([new(keys[0], null)]);
                LogQuarantined(keys[0]);
                continue;
            }

            suspects.Push([.. keys.Take(keys.Count / 2)]);
            suspects.Push([.. keys.Skip(keys.Count / 2)]);
        }
    }

    /// <summary>Takes away what no packet can be in any more.</summary>
    private async Task<bool> TryTidyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await nftables.ApplyAsync(_remnants.RemovalScript(options.Table), cancellationToken);
            _remnants.Clear();
            return true;
        }
        catch (Exception exception) when (exception is NftablesException or IOException)
        {
            LogApplyFailed(exception, options.Table, RetryMin);
            return false;
        }
    }

    /// <returns><see langword="false"/> if it was only time that passed.</returns>
    private async Task<bool> WaitForChangeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(patience, time);
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

    [LoggerMessage(NetworkEvents.ProxyQuarantined, LogLevel.Error, "The kernel refuses the rules of service {Key}; it is left out until it changes")]
    private partial void LogQuarantined(ServiceKey key);

    [LoggerMessage(NetworkEvents.ProxyDrift, LogLevel.Warning, "Table {Table} was changed by somebody else; putting it right")]
    private partial void LogDrift(string table);
}
