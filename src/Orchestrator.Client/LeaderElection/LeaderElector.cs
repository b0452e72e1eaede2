using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Client;

/// <summary>Runs work while holding a Lease, so that of several candidates one acts.</summary>
/// <remarks>
/// A candidate takes the lease when nobody holds it, or when it has not changed for its duration by the candidate's own clock (clocks of
/// different machines are never compared). A leader that cannot renew for the deadline stops before others may begin.
/// </remarks>
public sealed partial class LeaderElector(IClusterClient client, LeaderElectionOptions options, TimeProvider time, Random random, IEventRecorder? events, ILogger<LeaderElector> logger)
{
    private Lease? _observed;
    private long _observedAt;

    /// <summary>Whether this candidate holds the lease, as far as it knows.</summary>
    public bool IsLeader { get; private set; }

    /// <summary>
    /// Waits for the lease, runs <paramref name="lead"/> (cancelled when the lease is lost), and begins again until cancelled; then gives
    /// the lease back, so that another need not wait.
    /// </summary>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                while (!await TryAcquireOrRenewAsync(cancellationToken))
                {
                    await Task.Delay(options.RetryPeriod * (1 + (0.2 * random.NextDouble())), time, cancellationToken);
                }

                IsLeader = true;
                LogLeading(options.Identity, options.Lease);
                events?.Normal(_observed!, "LeaderElection", $"{options.Identity} became leader");
                await LeadAsync(lead, cancellationToken);
                IsLeader = false;
                LogLost(options.Identity, options.Lease);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shut down.
        }
        finally
        {
            IsLeader = false;
        }
    }

    private async Task LeadAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = Task.Run(() => lead(term.Token), CancellationToken.None);
        try
        {
            var renewedAt = time.GetTimestamp();
            while (!work.IsCompleted)
            {
                await Task.WhenAny(work, Task.Delay(options.RetryPeriod, time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                using var deadline = new CancellationTokenSource(options.RenewDeadline - time.GetElapsedTime(renewedAt), time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
                var renewed = false;
                try
                {
                    renewed = await TryAcquireOrRenewAsync(either.Token);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    // The deadline passed while the server was silent.
                }

                if (renewed)
                {
                    renewedAt = time.GetTimestamp();
                }
                else if (time.GetElapsedTime(renewedAt) + options.RetryPeriod >= options.RenewDeadline
                    || (_observed is { } lease && (lease.Spec.HolderIdentity ?? "") != options.Identity))
                {
                    return;
                }
            }

            // The work ended by itself: report its fault, if it had one.
            await work;
        }
        finally
        {
            await term.CancelAsync();
            try
            {
                await work;
            }
            catch (OperationCanceledException) when (term.IsCancellationRequested)
            {
                // As asked.
            }

            if (cancellationToken.IsCancellationRequested)
            {
                await ReleaseAsync();
            }
        }
    }

    private async Task<bool> TryAcquireOrRenewAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_observed is { } held && held.Spec.HolderIdentity == options.Identity && IsLeader)
        {
            // The usual case of a leader: one write, no read.
            var quick = await client.UpdateAsync(held with { Spec = held.Spec with { RenewTime = now } }, cancellationToken);
            if (quick.IsOk)
            {
                Observe(quick.Value);
                return true;
            }
        }

        var answer = await client.GetAsync<Lease>(options.Lease, cancellationToken);
        if (answer.IsNotFound)
        {
            var made = await client.CreateAsync(
                new Lease
                {
                    Metadata = new() { Namespace = options.Lease.Namespace, Name = options.Lease.Name },
                    Spec = SpecOfMine(now, now, transitions: 0),
                },
                cancellationToken);
            if (!made.IsOk)
            {
                LogFailed(options.Lease, made.Error.Message);
                return false;
            }

            Observe(made.Value);
            return true;
        }

        if (!answer.IsOk)
        {
            LogFailed(options.Lease, answer.Error.Message);
            return false;
        }

        var lease = answer.Value;
        if (_observed is null || _observed.Metadata.ResourceVersion != lease.Metadata.ResourceVersion)
        {
            Observe(lease);
        }

        var holder = lease.Spec.HolderIdentity ?? "";
        var mine = holder == options.Identity;
        if (!mine && holder.Length > 0 && time.GetElapsedTime(_observedAt) < TimeSpan.FromSeconds(lease.Spec.LeaseDurationSeconds ?? 0))
        {
            return false;
        }

        var acquired = mine ? lease.Spec.AcquireTime ?? now : now;
        var transitions = (lease.Spec.LeaseTransitions ?? 0) + (mine ? 0 : 1);
        var updated = await client.UpdateAsync(lease with { Spec = SpecOfMine(acquired, now, transitions) }, cancellationToken);
        if (!updated.IsOk)
        {
            LogFailed(options.Lease, updated.Error.Message);
            return false;
        }

        Observe(updated.Value);
        return true;
    }

    private LeaseSpec SpecOfMine(DateTimeOffset acquired, DateTimeOffset renewed, int transitions) => new()
    {
        HolderIdentity = options.Identity,
        LeaseDurationSeconds = (int)options.LeaseDuration.TotalSeconds,
        AcquireTime = acquired,
        RenewTime = renewed,
        LeaseTransitions = transitions,
    };

    private void Observe(Lease lease)
    {
        _observed = lease;
        _observedAt = time.GetTimestamp();
    }

    private async Task ReleaseAsync()
    {
        if (_observed is not { } lease || lease.Spec.HolderIdentity != options.Identity)
        {
            return;
        }

        // The caller has been cancelled already; giving back gets a short time of its own.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        try
        {
            var now = time.GetUtcNow();
            var released = await client.UpdateAsync(
                lease with
                {
                    Spec = lease.Spec with { HolderIdentity = "", LeaseDurationSeconds = 1, RenewTime = now, AcquireTime = now },
                },
                limit.Token);
            if (!released.IsOk)
            {
                LogFailed(options.Lease, released.Error.Message);
            }
        }
        catch (OperationCanceledException)
        {
            LogFailed(options.Lease, "the server did not answer in time");
        }
    }

    [LoggerMessage(LogLevel.Information, "{Identity} leads {Lease}")]
    private partial void LogLeading(string identity, ObjectKey lease);

    [LoggerMessage(LogLevel.Warning, "{Identity} no longer leads {Lease}")]
    private partial void LogLost(string identity, ObjectKey lease);

    [LoggerMessage(LogLevel.Debug, "Lease {Lease} could not be taken or renewed: {Reason}")]
    private partial void LogFailed(ObjectKey lease, string reason);
}
