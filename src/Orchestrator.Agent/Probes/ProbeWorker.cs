using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Reporting;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Runtime;

namespace Orchestrator.Agent.Probes;

/// <summary>Runs one probe of one run of a container until that ends.</summary>
/// <remarks>
/// Result: liveness begins as success, startup and readiness as not known, or as success if an agent before this one has found that out of
/// the same run; it changes after successThreshold or failureThreshold runs of the same verdict. Liveness and startup rest once they have
/// failed: the container is killed, and its successor has its own worker.
/// </remarks>
internal sealed partial class ProbeWorker(
    ProbeKind kind,
    Probe probe,
    Pod pod,
    Container container,
    RuntimeContainer running,
    bool hasSucceeded,
    string address,
    IContainerRuntime runtime,
    IPodEvents events,
    TimeProvider time,
    ILogger logger,
    PodProbes siblings,
    Action onChange)
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _triggers = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private ProbeVerdict? _lastVerdict;
    private int _inARow;

    /// <summary>What holds now; null while it is not known.</summary>
    public ProbeVerdict? Result { get; private set; } = hasSucceeded || kind == ProbeKind.Liveness ? ProbeVerdict.Success : null;

    /// <summary>Done when the worker has ended.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start() => Ended = RunAsync();

    public void Stop() => _stop.Cancel();

    public void Trigger() => _triggers.Writer.TryWrite(true);

    private async Task RunAsync()
    {
        await Task.Yield();
        var cancellationToken = _stop.Token;
        var period = TimeSpan.FromSeconds(Math.Max(probe.PeriodSeconds, 1));
        try
        {
            var startedAt = running.StartedAt ?? time.GetUtcNow();
            var initial = startedAt + TimeSpan.FromSeconds(probe.InitialDelaySeconds) - time.GetUtcNow();
            if (initial > TimeSpan.Zero)
            {
                await WaitAsync(initial, cancellationToken);
            }

            while (await StepAsync(cancellationToken))
            {
                await WaitAsync(period, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The container or the pod has gone.
        }
    }

    private async Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(delay, time, either.Token);
        var trigger = _triggers.Reader.WaitToReadAsync(either.Token).AsTask();
        await Task.WhenAny(timer, trigger);
        await either.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        _triggers.Reader.TryRead(out _);
    }

    /// <summary>Runs the probe once; false if there is nothing more to find out.</summary>
    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var started = siblings.IsStarted(container, running);
        if (kind == ProbeKind.Startup ? started : !started)
        {
            // Startup is over, or the others wait for it.
            return kind != ProbeKind.Startup;
        }

        var outcome = await RunOnceAsync(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        Report(outcome);
        if (outcome.Verdict == ProbeVerdict.Warning)
        {
            outcome = outcome with { Verdict = ProbeVerdict.Success };
        }

        // A probe that could not be run says nothing of the container.
        if (outcome.Verdict == ProbeVerdict.Unknown)
        {
            return true;
        }

        _inARow = _lastVerdict == outcome.Verdict ? _inARow + 1 : 1;
        _lastVerdict = outcome.Verdict;
        var threshold = outcome.Verdict == ProbeVerdict.Success ? probe.SuccessThreshold : probe.FailureThreshold;
        if (_inARow < Math.Max(threshold, 1) || Result == outcome.Verdict)
        {
            return true;
        }

        Result = outcome.Verdict;
        LogResult(kind, pod.Text, container.Name, outcome.Verdict);
        onChange();
        if (kind == ProbeKind.Startup && outcome.Verdict == ProbeVerdict.Success)
        {
            siblings.Trigger(ProbeKind.Readiness, running.Id);
            siblings.Trigger(ProbeKind.Liveness, running.Id);
        }

        return kind == ProbeKind.Readiness || (kind == ProbeKind.Liveness && outcome.Verdict == ProbeVerdict.Success);
    }

    private Task<ProbeOutcome> RunOnceAsync(CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(Math.Max(probe.TimeoutSeconds, 1));
        return probe switch
        {
            { Exec: { } exec } => ExecProber.ProbeAsync(runtime, exec, running.Id, timeout, cancellationToken),
            { HttpGet: { } http } => HttpProber.ProbeAsync(http, container, address, timeout, "kube-probe/1.36", cancellationToken),
            { TcpSocket: { } tcp } => TcpProber.ProbeAsync(tcp, container, address, timeout, cancellationToken),
            { Grpc: { } grpc } => GrpcProber.ProbeAsync(grpc, address, timeout, time, cancellationToken),
            _ => Task.FromResult(new ProbeOutcome(ProbeVerdict.Unknown, "missing probe handler for " + pod.Text)),
        };
    }

    private void Report(ProbeOutcome outcome)
    {
        if (outcome.Verdict == ProbeVerdict.Warning)
        {
            events.Emit(pod, container.Name, "Warning", "ProbeWarning", $"{kind} probe warning: {outcome.Output}");
        }

        if (outcome.Verdict == ProbeVerdict.Failure)
        {
            events.Emit(pod, container.Name, "Warning", "Unhealthy", $"{kind} probe failed: {outcome.Output}");
        }
        else if (outcome.Verdict == ProbeVerdict.Unknown)
        {
            events.Emit(pod, container.Name, "Warning", "Unhealthy", $"{kind} probe errored and resulted in unknown state: {outcome.Output}");
        }
    }

    [LoggerMessage(5301, LogLevel.Information, "{Kind} probe of {Container} in {Pod}: {Verdict}")]
    private partial void LogResult(ProbeKind kind, string pod, string container, ProbeVerdict verdict);
}
