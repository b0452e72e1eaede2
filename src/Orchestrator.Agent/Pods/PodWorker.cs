using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Admission;
using Orchestrator.Agent.Images;
using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Agent.Pods.Status;
using Orchestrator.Agent.Probes;
using Orchestrator.Agent.Volumes;
using Orchestrator.Api;

namespace Orchestrator.Agent.Pods;

/// <summary>Brings one pod to what its definition says, and keeps it there until it is gone.</summary>
/// <remarks>
/// <code>
///   New ──refused──► Rejected ──deleted──┐
///    │                                   ▼
///    ├──taken or adopted──► Active ──► Terminating ──► Terminated ──gone from the API──► Removing ──► Removed
///    └──was to go anyway───────────────► ▲    deleted, evicted, past its deadline, or all containers have ended
/// </code>
/// One loop per pod; whatever happens outside (a change of the object, an event of the runtime, a probe, a timer) only wakes it, and each
/// pass looks at the whole. <see cref="Enter"/> is the only place that changes the state. What cannot be undone is done by the runtime,
/// whose answer, not our memory, the next pass begins with.
/// </remarks>
internal sealed partial class PodWorker : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelayMin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(30);

    // The runtime's books lag behind its own exit event by the time of one task deletion, which on a busy machine may take seconds.
    private static readonly TimeSpan ExitSettleDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ExitSettleSoon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ExitSettleLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OvergrownCheckInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EvictionGrace = TimeSpan.FromSeconds(1);
    // What makes a container wait may be over in a moment: it is looked at once more soon, and at its own pace from then on.
    private static readonly TimeSpan SecondLookDelay = TimeSpan.FromSeconds(1);
    private const string RestartingAllMessage = "The container is removed because RestartAllContainers in place";
    private const string DeadlineReason = "DeadlineExceeded";
    private const string DeadlineMessage = "Pod was active on the node longer than the specified deadline";

    private readonly PodRuntimeServices _services;
    private readonly ContainerOwners _owners;
    private readonly PodStatusWriter _writer;
    private readonly PodProbes _probes;
    private readonly PodResizer _resizer;
    private readonly ILogger _logger;
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Reason, string Message)> _waiting = [];
    private readonly Dictionary<string, DateTimeOffset> _exits = [];
    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenSource _interrupt = new();
    private Pod _pod;
    private bool _isGone;
    private (string Phase, string Reason, string Message)? _verdict;
    private IReadOnlyDictionary<string, MountedVolume>? _volumes;
    private (DateTimeOffset At, ApiMap<string> Labels, ApiMap<string> Annotations) _volumesRead;
    private bool _volumesChanged;
    private TimeSpan _evictionGrace;
    private List<PodCondition> _extraConditions = [];
    private string? _handler;
    private Cri.RuntimeHandlerFeatures _abilities = new();
    private TimeSpan _retryDelay = RetryDelayMin;
    private RuntimePod _runtime = RuntimePod.None;
    private bool _isRetrying;
    private bool _isPrepared;
    private bool _isTornDown;
    private bool _isDeleted;
    private DateTimeOffset _overgrownCheckedAt;
    private Task _running = Task.CompletedTask;

    public PodWorker(Pod pod, bool isGone, PodRuntimeServices services, ContainerOwners owners)
    {
        _pod = pod;
        _isGone = isGone;
        _services = services;
        _owners = owners;
        _writer = new PodStatusWriter(
            pod.IsStatic ? services.Mirrors.UpdateStatusAsync : services.Api.UpdatePodStatusAsync, services.Time, services.Loggers.CreateLogger<PodStatusWriter>());
        _probes = new PodProbes(services.Runtime, services.Events, services.Time, services.Loggers.CreateLogger<PodProbes>(), Wake);
        _resizer = new PodResizer(services);
        _logger = services.Loggers.CreateLogger<PodWorker>();
        Status = pod.Status;
    }

    /// <summary>The newest definition of the pod.</summary>
    public Pod Pod
    {
        get
        {
            lock (_lock)
            {
                return _pod;
            }
        }
    }

    /// <summary>Where the pod stands.</summary>
    public PodWorkerState State { get; private set; } = PodWorkerState.New;

    /// <summary>The newest status, maybe not yet written.</summary>
    public PodStatus Status { get; private set; }

    /// <summary>The ids of the containers and sandboxes that ran when the worker last looked.</summary>
    public IReadOnlySet<string> RunningIds
    {
        get
        {
            var runtime = _runtime;
            return runtime.Containers.Where(c => c.IsRunning).Select(c => c.Id)
                .Concat(runtime.Sandboxes.Where(s => s.State == Cri.PodSandboxState.SandboxReady).Select(s => s.Id)).ToHashSet();
        }
    }

    /// <summary>Done when the worker has ended: by itself after <see cref="PodWorkerState.Removed"/>, or by disposal.</summary>
    public Task Ended => _running;

    public void Start() => _running = RunAsync();

    /// <summary>Has the worker look at its pod.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    /// <summary>The pod's object has changed.</summary>
    public void Update(Pod pod)
    {
        lock (_lock)
        {
            var shortened = pod.Metadata.DeletionTimestamp is not null
                && (_pod.Metadata.DeletionTimestamp is null
                    || pod.Metadata.DeletionGracePeriodSeconds < _pod.Metadata.DeletionGracePeriodSeconds);
            var statusOnly = pod.Metadata.Generation == _pod.Metadata.Generation
                && pod.Metadata.Labels.Equals(_pod.Metadata.Labels)
                && pod.Metadata.Annotations.Equals(_pod.Metadata.Annotations)
                && !shortened
                && SameForeignConditions(pod, _pod);
            _pod = pod;
            if (shortened)
            {
                _interrupt.Cancel();
            }

            // Most changes are the echo of our own status; they are no reason to look again.
            if (statusOnly)
            {
                return;
            }
        }

        Wake();
    }

    /// <summary>The pod's object is gone.</summary>
    public void Remove()
    {
        lock (_lock)
        {
            _isGone = true;
            _interrupt.Cancel();
        }

        // The scheduler gives its place to the next pod from now on, whose object may be here before the containers are gone.
        _services.Admission.Release(Pod.Metadata.Uid);
        Wake();
    }

    /// <summary>The mirror of this static pod is gone or going: a new one is made and shows the status.</summary>
    public void ShowAgain() => _writer.WriteAgain(Pod);

    /// <summary>The runtime says that a container has ended.</summary>
    public void NoteExit(string containerId)
    {
        lock (_lock)
        {
            _exits[containerId] = _services.Time.GetUtcNow();
        }

        Wake();
    }

    /// <summary>Has the pod's containers stopped because it uses more than it may, or because the node needs what it uses.</summary>
    /// <param name="message">Says which, for people.</param>
    /// <param name="isDisruption">True if the pod did nothing that it may not.</param>
    public void Evict(string message, bool isDisruption)
    {
        lock (_lock)
        {
            if (_verdict is not null)
            {
                return;
            }

            _verdict = ("Failed", "Evicted", message);
            _evictionGrace = isDisruption ? EvictionGrace : TimeSpan.Zero;
            if (isDisruption)
            {
                _extraConditions = [.. _extraConditions, new() { Type = PodStatusBuilder.Disrupted, Status = "True", Reason = PodStatusBuilder.TerminatedHere, Message = message }];
            }

            _interrupt.Cancel();
        }

        _services.Events.Emit(Pod, null, "Warning", "Evicted", message);
        Wake();
    }

    /// <summary>Ends the worker and its probes. Containers go on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _probes.DisposeAsync();
        await _writer.DisposeAsync();
    }

    private static bool SameForeignConditions(Pod a, Pod b) =>
        a.Spec.ReadinessGates.Count == 0 || a.Spec.ReadinessGates.All(g =>
            a.Status.Conditions.FirstOrDefault(c => c.Type == g.ConditionType)?.Status == b.Status.Conditions.FirstOrDefault(c => c.Type == g.ConditionType)?.Status);

    private async Task RunAsync()
    {
        await Task.Yield();
        while (State != PodWorkerState.Removed && !_stop.IsCancellationRequested)
        {
            TimeSpan next;
            var interrupt = FreshInterrupt();
            using var token = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, interrupt);
            try
            {
                _isRetrying = false;
                next = await StepAsync(token.Token);
                if (!_isRetrying)
                {
                    _retryDelay = RetryDelayMin;
                }
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception) when (interrupt.IsCancellationRequested)
            {
                // Whatever was under way no longer matters: the pod is to go, or to go faster.
                next = TimeSpan.Zero;
            }
            catch (Exception e)
            {
                LogStepFailed(e, Pod.Text, State, GoErrors.Text(e));
                next = NextRetryDelay();
            }

            await WaitAsync(next);
        }
    }

    /// <summary>A token for one pass. The interruption that came before the pass counts for it only if the pass does not know of it.</summary>
    private CancellationToken FreshInterrupt()
    {
        lock (_lock)
        {
            if (_interrupt.IsCancellationRequested)
            {
                _interrupt.Dispose();
                _interrupt = new();
            }

            return _interrupt.Token;
        }
    }

    private async Task WaitAsync(TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero || State == PodWorkerState.Removed)
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var timer = Task.Delay(delay, _services.Time, either.Token);
        var wake = _wakes.Reader.WaitToReadAsync(either.Token).AsTask();
        await Task.WhenAny(timer, wake);
        await either.CancelAsync();
        _wakes.Reader.TryRead(out _);
    }

    private TimeSpan NextRetryDelay()
    {
        _isRetrying = true;
        var delay = _retryDelay;
        _retryDelay = delay * 2 < RetryDelayMax ? delay * 2 : RetryDelayMax;
        return delay;
    }

    /// <summary>One pass; returns how long nothing needs to be looked at without a wake.</summary>
    private Task<TimeSpan> StepAsync(CancellationToken cancellationToken) => State switch
    {
        PodWorkerState.New => BeginAsync(cancellationToken),
        PodWorkerState.Rejected => Task.FromResult(AfterRejection()),
        PodWorkerState.Active => SyncAsync(cancellationToken),
        PodWorkerState.Terminating => TerminateAsync(cancellationToken),
        PodWorkerState.Terminated => FinishAsync(cancellationToken),
        PodWorkerState.Removing => RemoveAsync(cancellationToken),
        _ => Task.FromResult(Timeout.InfiniteTimeSpan),
    };

    private void Enter(PodWorkerState state)
    {
        LogState(Pod.Text, State, state);
        State = state;
    }

    private TimeSpan Now(PodWorkerState state)
    {
        Enter(state);
        return TimeSpan.Zero;
    }

    private async Task<TimeSpan> BeginAsync(CancellationToken cancellationToken)
    {
        var (pod, isGone) = Snapshot();
        if (isGone)
        {
            return Now(PodWorkerState.Removing);
        }

        var runtime = await ReadAsync(cancellationToken);
        if (runtime.Sandboxes.Count > 0 && !pod.IsPhaseTerminal)
        {
            // It ran before this agent did: it is taken as it is.
            _services.Admission.Adopt(pod);
            return Now(PodWorkerState.Active);
        }

        if (pod.IsPhaseTerminal || pod.Metadata.DeletionTimestamp is not null)
        {
            return Now(PodWorkerState.Terminating);
        }

        var rejection = _services.Admission.Admit(pod);
        if (rejection is { Reason: PodAdmission.NodeAffinity or PodAdmission.Taints } && await _services.Api.GetNodeAsync(_services.Node.Name, cancellationToken) is { } node)
        {
            // The scheduler may have seen what we have not yet: a refused pod would be made anew, and refused, without end.
            _services.Node.Labels = node.Metadata.Labels.ToDictionary();
            _services.Node.Taints = [.. node.Spec.Taints];
            rejection = _services.Admission.Admit(pod);
        }

        if (rejection is not null)
        {
            LogRejected(pod.Text, rejection.Reason, rejection.Message);
            _services.Events.Emit(pod, null, "Warning", rejection.Reason, rejection.Message);
            Status = _services.StatusBuilder.Rejected(pod, rejection.Reason, rejection.Message);
            _writer.Write(pod, Status);
            return Now(PodWorkerState.Rejected);
        }

        return Now(PodWorkerState.Active);
    }

    private TimeSpan AfterRejection()
    {
        var (pod, isGone) = Snapshot();
        return isGone || pod.Metadata.DeletionTimestamp is not null
            ? Now(PodWorkerState.Terminated)
            : _services.Options.PodResyncInterval;
    }

    private async Task<TimeSpan> SyncAsync(CancellationToken cancellationToken)
    {
        // 1. Is it still to be here?
        var (pod, isGone) = Snapshot();
        if (isGone)
        {
            return Now(PodWorkerState.Removing);
        }

        if (pod.Metadata.DeletionTimestamp is not null || _verdict is not null || IsPastDeadline(pod) || IsOvergrown(pod))
        {
            return Now(PodWorkerState.Terminating);
        }

        // 2. What is there, what may it use, and what does the API know of it?
        var runtime = await ReadAsync(cancellationToken);
        var restarts = await _resizer.ResizeAsync(
            pod, runtime, () => PublishAsync(_resizer.Allocated(pod), runtime, isTerminal: false, cancellationToken), cancellationToken);
        pod = _resizer.Allocated(pod);
        _probes.Follow(pod, runtime, AddressesOf(pod, runtime));
        if (await PublishAsync(pod, runtime, isTerminal: false, cancellationToken))
        {
            return Now(PodWorkerState.Terminating);
        }

        if (restarts.Count > 0)
        {
            await Task.WhenAll(restarts.Select(k => _services.Killer.KillAsync(pod, k, graceOverride: null, podAddress: null, turn: null, cancellationToken)));
            return TimeSpan.Zero;
        }

        // 3. What every container needs.
        Prepare(pod);
        await KnowHandlerAsync(pod, cancellationToken);
        if (!await SetUpVolumesAsync(pod, cancellationToken))
        {
            return NextRetryDelay();
        }

        // 4. The difference, and what removes it.
        var plan = ContainerPlanner.Plan(pod, runtime, _probes);
        var (changed, next) = await CarryOutAsync(pod, runtime, plan, cancellationToken);
        if (changed)
        {
            return TimeSpan.Zero;
        }

        if (next is not null)
        {
            // Containers wait for a reason that the status must show.
            await PublishAsync(pod, _runtime, isTerminal: false, cancellationToken);
        }

        await PruneAsync(pod, _runtime, cancellationToken);
        return Earliest(next, UntilDeadline(pod), HasOvergrowable(pod) ? OvergrownCheckInterval : null, UntilSettled(runtime), _services.Options.PodResyncInterval);
    }

    private async Task<(bool Changed, TimeSpan? Next)> CarryOutAsync(Pod pod, RuntimePod runtime, ContainerPlan plan, CancellationToken cancellationToken)
    {
        if (plan.RestartAll)
        {
            await RestartAllAsync(pod, runtime, cancellationToken);
            return (true, null);
        }

        if (plan.KillPod)
        {
            await _services.Killer.KillAllAsync(pod, runtime, graceOverride: null, message: null, cancellationToken);
            await StopSandboxesAsync(runtime, cancellationToken);
            if (!plan.CreateSandbox)
            {
                return (true, null);
            }
        }

        var address = AddressesOf(pod, runtime).FirstOrDefault();
        await Task.WhenAll(plan.Kills.Select(k => _services.Killer.KillAsync(pod, k, graceOverride: null, address, turn: null, cancellationToken)));
        if (plan.Kills.Count > 0)
        {
            // The next pass sees them ended, and their successors get the right number.
            return (true, null);
        }

        var sandbox = runtime.ReadySandbox;
        Cri.PodSandboxConfig config;
        try
        {
            config = _services.Sandboxes.Build(
                pod, plan.CreateSandbox ? plan.Attempt : sandbox?.Metadata.Attempt ?? 0, await _services.Users.OfAsync(pod, _handler ?? "", cancellationToken));
        }
        catch (NotSupportedException e)
        {
            SandboxFailed(pod, e.Message);
            return (false, NextRetryDelay());
        }

        if (plan.CreateSandbox)
        {
            if (pod.Spec.ResourceClaims.Count > 0 && await _services.Devices.PrepareAsync(Pod, cancellationToken) is { } fault)
            {
                _services.Events.Emit(pod, null, "Warning", "FailedPrepareDynamicResources", $"Failed to prepare dynamic resources: {fault}");
                return (false, NextRetryDelay());
            }

            if (!await CreateSandboxAsync(pod, config, cancellationToken))
            {
                return (false, NextRetryDelay());
            }

            runtime = await ReadAsync(cancellationToken);
            sandbox = runtime.ReadySandbox;
            await PublishAsync(pod, runtime, isTerminal: false, cancellationToken);
        }

        if (sandbox is null)
        {
            return (true, null);
        }

        return await StartAsync(pod, runtime, sandbox.Id, config, plan, cancellationToken);
    }

    private async Task<(bool Changed, TimeSpan? Next)> StartAsync(
        Pod pod, RuntimePod runtime, string sandboxId, Cri.PodSandboxConfig config, ContainerPlan plan, CancellationToken cancellationToken)
    {
        var changed = plan.CreateSandbox && plan.InitContainersToStart.Count == 0 && plan.ContainersToStart.Count == 0;
        TimeSpan? next = null;
        foreach (var container in plan.EphemeralContainersToStart.Concat(plan.InitContainersToStart).Concat(plan.ContainersToStart))
        {
            var result = await _services.Starter.StartAsync(
                pod, container, runtime, sandboxId, config, _volumes!, AddressesOf(pod, runtime), _abilities, cancellationToken);
            if (result.Reason is null)
            {
                _waiting.Remove(container.Name);
                ForgetRestartOfAll();
                changed = true;
                continue;
            }

            var isNew = _waiting.GetValueOrDefault(container.Name).Reason != result.Reason && result.Reason != ImageManager.BackoffReason;
            _waiting[container.Name] = (result.Reason, result.Message);
            next = Earliest(next, isNew && result.RetryAfter > SecondLookDelay ? SecondLookDelay : result.RetryAfter, Timeout.InfiniteTimeSpan);
        }

        // A start that failed in the runtime has left a container that has ended: the next pass sees it.
        return (changed || next == TimeSpan.Zero, next);
    }

    private async Task<bool> CreateSandboxAsync(Pod pod, Cri.PodSandboxConfig config, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(config.LogDirectory);
        if (_handler is not { } handler)
        {
            SandboxFailed(pod, $"failed to get sandbox runtime: RuntimeClass \"{pod.Spec.RuntimeClassName}\" not found");
            return false;
        }

        await _services.SandboxSlots.WaitAsync(cancellationToken);
        try
        {
            await _services.Runtime.RunSandboxAsync(config, handler, cancellationToken);
            return true;
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            SandboxFailed(pod, GoErrors.Full(e));
            return false;
        }
        finally
        {
            _services.SandboxSlots.Release();
        }
    }

    /// <summary>Finds out which of the runtime's handlers the pod is run by; none is known as long as its RuntimeClass is not there.</summary>
    private async Task KnowHandlerAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (_handler is not null)
        {
            return;
        }

        _handler = pod.Spec.RuntimeClassName is { Length: > 0 } runtimeClass ? await _services.Api.GetRuntimeHandlerAsync(runtimeClass, cancellationToken) : "";
        if (_handler is { } handler)
        {
            _abilities = await _services.Handlers.OfAsync(handler, cancellationToken);
        }
    }

    private void SandboxFailed(Pod pod, string reason)
    {
        LogSandboxFailed(pod.Text, reason);
        _services.Events.Emit(pod, null, "Warning", "FailedCreatePodSandBox", $"Failed to create pod sandbox: {reason}");
    }

    private async Task RestartAllAsync(Pod pod, RuntimePod runtime, CancellationToken cancellationToken)
    {
        _extraConditions =
        [
            new() { Type = PodStatusBuilder.AllRestarting, Status = "True", Reason = "RestartAllContainersStarted", Message = "container exited with restart policy rule" },
        ];
        await PublishAsync(pod, runtime, isTerminal: false, cancellationToken, keep: true);
        await _services.Killer.KillAllAsync(pod, runtime, TimeSpan.Zero, "killing", cancellationToken);
        foreach (var container in runtime.Containers)
        {
            await RemoveContainerAsync(container, keepLog: true, cancellationToken);
        }

        var removed = new ContainerState
        {
            Terminated = new()
            {
                ExitCode = 137,
                Reason = PodStatusBuilder.RestartingAll,
                Message = RestartingAllMessage,
            },
        };
        ApiList<ContainerStatus> Restarting(ApiList<ContainerStatus> statuses) =>
        [
            .. statuses.Select(s => s.ContainerID.Length == 0
                ? s
                : new ContainerStatus { Name = s.Name, Image = s.Image, RestartCount = s.RestartCount + 1, LastState = removed, State = new() { Waiting = new() { Reason = PodStatusBuilder.RestartingAll } } }),
        ];
        Status = Status with
        {
            InitContainerStatuses = Restarting(Status.InitContainerStatuses),
            ContainerStatuses = Restarting(Status.ContainerStatuses),
        };
        _extraConditions = [];
        foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
        {
            _waiting[container.Name] = (PodStatusBuilder.RestartingAll, RestartingAllMessage);
        }

        await PublishAsync(pod, new() { Sandboxes = runtime.Sandboxes, Addresses = runtime.Addresses, Containers = [] }, isTerminal: false, cancellationToken, keep: true);
    }

    /// <summary>Once the first has started over, the others wait for what containers always wait for.</summary>
    private void ForgetRestartOfAll()
    {
        foreach (var (name, waiting) in _waiting)
        {
            if (waiting.Reason == PodStatusBuilder.RestartingAll)
            {
                _waiting.Remove(name);
            }
        }
    }

    private async Task<TimeSpan> TerminateAsync(CancellationToken cancellationToken)
    {
        // 1. Tell that it is going; nothing may restart a container from now on.
        var (pod, isGone) = Snapshot();
        _probes.StopKilling();
        _waiting.Clear();
        _services.References.Release(pod.Metadata.Uid);
        var runtime = await ReadAsync(cancellationToken);
        if (!isGone)
        {
            await PublishAsync(_resizer.Allocated(pod), runtime, isTerminal: false, cancellationToken);
        }

        // 2. Let nobody new come in, stop the containers, then what held them together.
        await _services.Traffic.WithdrawAsync(pod.Metadata.Uid, cancellationToken);
        TimeSpan? grace = pod.Metadata.DeletionGracePeriodSeconds is { } deletion ? TimeSpan.FromSeconds(deletion)
            : _verdict is { Reason: "Evicted" } ? _evictionGrace
            : null;
        await _services.Killer.KillAllAsync(pod, runtime, grace, message: null, cancellationToken);
        await StopSandboxesAsync(runtime, cancellationToken);

        // 3. The last word on every container.
        runtime = await ReadAsync(cancellationToken);
        if (runtime.HasRunning)
        {
            return ExitSettleDelay;
        }

        _probes.Follow(pod, RuntimePod.None, []);
        (pod, isGone) = Snapshot();
        if (!isGone)
        {
            await PublishAsync(_resizer.Allocated(pod), runtime, isTerminal: true, cancellationToken);
        }

        _services.Admission.Release(pod.Metadata.Uid);
        return Now(PodWorkerState.Terminated);
    }

    private async Task<TimeSpan> FinishAsync(CancellationToken cancellationToken)
    {
        var (pod, isGone) = Snapshot();
        if (!_isTornDown)
        {
            await _services.Volumes.TearDownAsync(pod.Metadata.Uid, cancellationToken);
            if (!_services.Cgroups.Remove(pod.Metadata.Uid))
            {
                return ExitSettleDelay;
            }

            _isTornDown = true;
            EmitDeadline(pod);
        }

        if (isGone)
        {
            return Now(PodWorkerState.Removing);
        }

        if (pod.Metadata.DeletionTimestamp is not null && !_isDeleted)
        {
            if (Status.ObservedGeneration != pod.Metadata.Generation && pod.Status.Phase is not "" && Status.StartTime is not null)
            {
                Status = Status with { ObservedGeneration = pod.Metadata.Generation };
                _writer.Write(pod, Status);
            }

            await _writer.FlushAsync(cancellationToken);
            await _services.Api.DeletePodAsync(pod, cancellationToken);
            _isDeleted = true;
        }

        return _services.Options.PodResyncInterval;
    }

    private async Task<TimeSpan> RemoveAsync(CancellationToken cancellationToken)
    {
        var (pod, _) = Snapshot();
        var uid = pod.Metadata.Uid;
        _probes.StopKilling();
        _services.References.Release(uid);
        var runtime = await ReadAsync(cancellationToken);
        await _services.Killer.KillAllAsync(pod, runtime, GraceOf(pod), message: null, cancellationToken);
        await StopSandboxesAsync(runtime, cancellationToken);
        foreach (var container in runtime.Containers)
        {
            await RemoveContainerAsync(container, keepLog: true, cancellationToken);
        }

        foreach (var sandbox in runtime.Sandboxes)
        {
            await _services.Runtime.RemoveSandboxAsync(sandbox.Id, cancellationToken);
            _owners.Forget(sandbox.Id);
        }

        await _services.Volumes.TearDownAsync(uid, cancellationToken);
        if (!_services.Cgroups.Remove(uid))
        {
            return ExitSettleDelay;
        }

        foreach (var folder in new[] { _services.Paths.PodFolder(uid), _services.Paths.LogFolder(pod.Metadata.Namespace, pod.Metadata.Name, uid) })
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        _services.Starter.Forget(pod);
        _services.Users.Release(uid);
        _services.Admission.Release(uid);
        _services.Traffic.Forget(uid);
        return Now(PodWorkerState.Removed);
    }

    private static TimeSpan? GraceOf(Pod pod) =>
        pod.Metadata.DeletionGracePeriodSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private (Pod Pod, bool IsGone) Snapshot()
    {
        lock (_lock)
        {
            return (_pod, _isGone);
        }
    }

    private async Task<RuntimePod> ReadAsync(CancellationToken cancellationToken)
    {
        var uid = Pod.Metadata.Uid;
        var runtime = await _services.Reader.ReadAsync(uid, cancellationToken);
        foreach (var id in runtime.Containers.Select(c => c.Id).Concat(runtime.Sandboxes.Select(s => s.Id)))
        {
            if (_owners.Note(id, uid))
            {
                NoteExit(id);
            }
        }

        return _runtime = runtime;
    }

    /// <summary>Makes the status and has it written; true if the pod is over.</summary>
    /// <remarks>That a pod is over is written only when nothing of it runs any more: others may then take what it held.</remarks>
    private async Task<bool> PublishAsync(Pod pod, RuntimePod runtime, bool isTerminal, CancellationToken cancellationToken, bool keep = false)
    {
        var status = _services.StatusBuilder.Build(new StatusInput
        {
            Pod = pod,
            Actual = _resizer.Actual(pod),
            Old = Status,
            Runtime = runtime,
            Probes = _probes,
            Waiting = _waiting,
            TerminationMessages = await _services.TerminationMessages.OfAsync(pod, runtime, cancellationToken),
            IsTerminal = isTerminal,
            Verdict = _verdict,
            ExtraConditions = [.. Restarting(pod), .. _extraConditions, .. _resizer.Conditions],
            SupportsRecursiveReadOnly = _abilities.RecursiveReadOnlyMounts,
        });
        var isOver = status.Phase is "Failed" or "Succeeded";
        if (isOver && !isTerminal && Status.Phase is not ("Failed" or "Succeeded"))
        {
            if (pod.Metadata.DeletionTimestamp is null)
            {
                return true;
            }

            status = status with { Phase = Status.Phase, Reason = Status.Reason, Message = Status.Message };
        }

        EmitDeadline(pod);
        _writer.Write(pod, status, keep || isTerminal);
        Status = isTerminal ? PodStatusBuilder.Ended(pod with { Status = Status }, status) : status;
        _writer.Write(pod, Status);
        return isOver;
    }

    /// <summary>A pod that may restart as a whole says that it does not just now.</summary>
    private IEnumerable<PodCondition> Restarting(Pod pod) =>
        RestartPolicies.MayRestartAll(pod) && _extraConditions.All(c => c.Type != PodStatusBuilder.AllRestarting)
            ? [new() { Type = PodStatusBuilder.AllRestarting, Status = "False" }]
            : [];

    private void Prepare(Pod pod)
    {
        if (_isPrepared)
        {
            return;
        }

        Directory.CreateDirectory(_services.Paths.PodFolder(pod.Metadata.Uid));
        _services.Cgroups.Apply(pod);
        _isPrepared = true;
    }

    private async Task<bool> SetUpVolumesAsync(Pod pod, CancellationToken cancellationToken)
    {
        var now = _services.Time.GetUtcNow();
        if (_volumes is not null
            && !Interlocked.Exchange(ref _volumesChanged, false)
            && now - _volumesRead.At < _services.Options.PodResyncInterval
            && _volumesRead.Labels.Equals(pod.Metadata.Labels)
            && _volumesRead.Annotations.Equals(pod.Metadata.Annotations))
        {
            return true;
        }

        var (mounted, failures) = await _services.Volumes.SetUpAsync(pod, cancellationToken);
        foreach (var (volume, message) in failures)
        {
            LogVolumeFailed(pod.Text, volume, message);
            _services.Events.Emit(pod, null, "Warning", "FailedMount", message);
        }

        if (failures.Count > 0)
        {
            // Containers that run keep what they have; new ones wait.
            return _volumes is not null;
        }

        if (_volumes is null)
        {
            _services.References.Follow(pod, RefreshVolumes);
        }

        _volumes = mounted;
        _volumesRead = mounted.Values.Any(v => v.Missing is not null) ? default : (now, pod.Metadata.Labels, pod.Metadata.Annotations);
        return true;
    }

    private void RefreshVolumes()
    {
        Volatile.Write(ref _volumesChanged, true);
        Wake();
    }

    private IReadOnlyList<string> AddressesOf(Pod pod, RuntimePod runtime) =>
        pod.UsesHostNetwork ? _services.Node.AddressTexts : runtime.Addresses;

    private async Task StopSandboxesAsync(RuntimePod runtime, CancellationToken cancellationToken)
    {
        foreach (var sandbox in runtime.Sandboxes.Where(s => s.State == Cri.PodSandboxState.SandboxReady))
        {
            await _services.Runtime.StopSandboxAsync(sandbox.Id, cancellationToken);
        }
    }

    /// <summary>Keeps, of each container, the newest run and the one before it; of sandboxes, the newest.</summary>
    private async Task PruneAsync(Pod pod, RuntimePod runtime, CancellationToken cancellationToken)
    {
        foreach (var old in runtime.Containers.GroupBy(c => c.Name).SelectMany(g => g.Skip(2)).Where(c => c.IsExited))
        {
            await RemoveContainerAsync(old, keepLog: false, cancellationToken);
        }

        foreach (var old in runtime.Sandboxes.Skip(1).Where(s => s.State != Cri.PodSandboxState.SandboxReady && runtime.Containers.All(c => c.SandboxId != s.Id)))
        {
            await _services.Runtime.RemoveSandboxAsync(old.Id, cancellationToken);
            _owners.Forget(old.Id);
        }
    }

    private async Task RemoveContainerAsync(RuntimeContainer container, bool keepLog, CancellationToken cancellationToken)
    {
        await _services.Runtime.RemoveContainerAsync(container.Id, cancellationToken);
        _services.Reader.Forget(container.Id);
        _services.TerminationMessages.Forget(container.Id);
        _owners.Forget(container.Id);
        if (!keepLog && container.LogPath.Length > 0 && Path.GetDirectoryName(container.LogPath) is { } folder && Directory.Exists(folder))
        {
            foreach (var file in Directory.EnumerateFiles(folder, Path.GetFileName(container.LogPath) + "*"))
            {
                File.Delete(file);
            }
        }
    }

    private bool IsPastDeadline(Pod pod)
    {
        if (UntilDeadline(pod) is not { } left || left > TimeSpan.Zero)
        {
            return false;
        }

        _verdict = ("Failed", DeadlineReason, DeadlineMessage);
        EmitDeadline(pod);
        return true;
    }

    /// <summary>As upstream's, with each status that tells of it.</summary>
    private void EmitDeadline(Pod pod)
    {
        if (_verdict is { Reason: DeadlineReason })
        {
            _services.Events.Emit(pod, null, "Normal", DeadlineReason, DeadlineMessage);
        }
    }

    private TimeSpan? UntilDeadline(Pod pod) =>
        pod.Spec.ActiveDeadlineSeconds is { } seconds && Status.StartTime is { } start
            ? start + TimeSpan.FromSeconds(seconds) - _services.Time.GetUtcNow()
            : null;

    private static bool HasOvergrowable(Pod pod) => pod.Spec.Volumes.Any(v => v.EmptyDir is { SizeLimit: { IsZero: false } });

    private bool IsOvergrown(Pod pod)
    {
        var now = _services.Time.GetUtcNow();
        if (_volumes is null || !HasOvergrowable(pod) || now - _overgrownCheckedAt < OvergrownCheckInterval - TimeSpan.FromMilliseconds(100))
        {
            return false;
        }

        _overgrownCheckedAt = now;
        if (_services.Volumes.FindOvergrown(pod) is not { } message)
        {
            return false;
        }

        _services.Events.Emit(pod, null, "Warning", "Evicted", message);
        _verdict = ("Failed", "Evicted", message);
        return true;
    }

    /// <summary>How soon to look again because an exit was announced that the runtime's books do not show yet.</summary>
    private TimeSpan? UntilSettled(RuntimePod runtime)
    {
        lock (_lock)
        {
            if (_exits.Count == 0)
            {
                return null;
            }

            var now = _services.Time.GetUtcNow();
            var first = now;
            foreach (var (id, at) in _exits.ToList())
            {
                var pending = runtime.Containers.Any(c => c.Id == id && c.IsRunning)
                    || runtime.Sandboxes.Any(s => s.Id == id && s.State == Cri.PodSandboxState.SandboxReady);
                if (!pending || now - at > ExitSettleLimit)
                {
                    _exits.Remove(id);
                }
                else if (at < first)
                {
                    first = at;
                }
            }

            return _exits.Count == 0 ? null : now - first < ExitSettleSoon ? ExitSettleDelay : ExitSettleSoon / 2;
        }
    }

    private static TimeSpan Earliest(params ReadOnlySpan<TimeSpan?> delays)
    {
        var earliest = TimeSpan.MaxValue;
        foreach (var delay in delays)
        {
            if (delay is { } d && d != Timeout.InfiniteTimeSpan && d < earliest)
            {
                earliest = d;
            }
        }

        return earliest == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : earliest < TimeSpan.Zero ? TimeSpan.Zero : earliest;
    }

    [LoggerMessage(5601, LogLevel.Debug, "Pod {Pod}: {From} → {To}")]
    private partial void LogState(string pod, PodWorkerState from, PodWorkerState to);

    [LoggerMessage(5602, LogLevel.Warning, "A pass over pod {Pod} in state {State} failed: {Reason}")]
    private partial void LogStepFailed(Exception exception, string pod, PodWorkerState state, string reason);

    [LoggerMessage(5603, LogLevel.Information, "Refused pod {Pod}: {Reason}, {Message}")]
    private partial void LogRejected(string pod, string reason, string message);

    [LoggerMessage(5604, LogLevel.Warning, "Cannot make the sandbox of {Pod}: {Reason}")]
    private partial void LogSandboxFailed(string pod, string reason);

    [LoggerMessage(5605, LogLevel.Warning, "Pod {Pod}, volume {Volume}: {Reason}")]
    private partial void LogVolumeFailed(string pod, string volume, string reason);
}
