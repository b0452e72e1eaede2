using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Devices;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Volumes;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Scheduler.Hosting;

/// <summary>One time of leadership: feeds the scheduling loop with news and carries out what it decides.</summary>
/// <remarks>
/// One task runs the loop; informers, bindings and timers only put letters into its mailbox. Before each decision the mailbox is emptied, so that it is made on
/// the latest news. Bindings and status writes are made by workers; when they cannot keep up the loop waits.
/// </remarks>
internal sealed partial class SchedulerTerm : ISchedulerOutput
{
    private const int StatusWriters = 8;

    private readonly IClusterClient _client;
    private readonly IInformerFactory _informers;
    private readonly IEventRecorder _events;
    private readonly SchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SchedulingLoop _loop;
    private readonly string _profile;
    private readonly PodStatusWriter _statuses;
    private readonly VolumeWriter _volumes;
    private readonly RefusalPace _pace;
    private readonly DeviceWriter _devices;

    // Unbounded: news can only be as many as objects, and informers must not wait for us.
    private readonly Channel<Action> _mailbox = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private readonly Channel<(QueuedPod Pod, string Node)> _bindings;
    private readonly Channel<Func<CancellationToken, ValueTask>> _writes = Channel.CreateUnbounded<Func<CancellationToken, ValueTask>>();

    public SchedulerTerm(
        IClusterClient client, IInformerFactory informers, IEventRecorder events, SchedulerOptions options, TimeProvider time, Random random, ILogger<SchedulerTerm> logger)
    {
        (_client, _informers, _events, _options, _time, _logger) = (client, informers, events, options, time, logger);
        _bindings = Channel.CreateUnbounded<(QueuedPod Pod, string Node)>();
        _loop = new(new InformedWorkloads(informers), this, options, time, random);
        _profile = options.SchedulerName;
        _statuses = new(client, time);
        _volumes = new(client);
        _pace = new(time);
        _devices = new(client);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var instruments = _loop.Instruments = new SchedulerInstruments(_loop.Queue, _profile);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var handlers = new Subscriptions();
        Subscribe(handlers);
        _informers.Start();
        await _informers.WaitForSyncAsync(cancellationToken);

        var tasks = new List<Task> { Task.Run(() => RunLoopAsync(stop.Token), CancellationToken.None) };
        for (var i = 0; i < _options.BindingsAtOnce; i++)
        {
            tasks.Add(Task.Run(() => BindAllAsync(stop.Token), CancellationToken.None));
        }

        for (var i = 0; i < StatusWriters; i++)
        {
            tasks.Add(Task.Run(() => WriteAllAsync(stop.Token), CancellationToken.None));
        }

        try
        {
            // None of them ends by itself but by a fault, and then the others must not go on.
            await await Task.WhenAny(tasks);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(tasks).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    public void Bind(QueuedPod pod, string node) => _bindings.Writer.TryWrite((pod, node));

    public void BindVolumes(QueuedPod pod, string node, VolumePlan plan) => _writes.Writer.TryWrite(async token =>
    {
        await NominateAsync(pod.Info.Pod, node, token);
        var failure = await _volumes.WriteAsync(plan, node, token);
        Post(() =>
        {
            if (failure is null)
            {
                _loop.OnVolumesWritten(pod);
            }
            else
            {
                _loop.OnBindFailed(pod, failure, isGone: false);
            }
        });
    });

    public void BindDevices(QueuedPod pod, string node, DevicePlan plan)
    {
        var current = pod.Info.Pod;
        _writes.Writer.TryWrite(async token =>
        {
            string? failure = "interrupted";
            try
            {
                await NominateAsync(current, node, token);
                failure = await _devices.WriteAsync(plan, current, claim => Post(() => _loop.Devices.Set(claim)), token);
            }
            finally
            {
                Post(() => _loop.OnDevicesWritten(pod, failure));
            }
        });
    }

    public void ReleaseDevices(ResourceClaim claim) => _writes.Writer.TryWrite(token => _devices.ReleaseAsync(claim, token));

    public void Preempt(QueuedPod pod, string node, IReadOnlyList<PodInfo> victims)
    {
        var preemptor = pod.Info.Pod;
        _writes.Writer.TryWrite(async token =>
        {
            var succeeded = true;
            foreach (var victim in victims)
            {
                succeeded &= await EvictAsync(preemptor, node, victim.Pod, token);
            }

            Post(() => _loop.OnPreempted(pod, succeeded));
        });
    }

    public void ForgetNomination(QueuedPod pod)
    {
        var current = pod.Info.Pod;
        _writes.Writer.TryWrite(token => _statuses.PatchAsync(current.Key, PodStatusWriter.ForgetNominationPatch(current), LogStatusFailed, token));
    }

    public void Refused(QueuedPod pod, string reason, string message, string? nominatedNode)
    {
        if (reason == "SchedulerError")
        {
            LogSchedulingFailed(pod.Info.Pod.Key, message);
        }

        var refusal = new RefusalPace.Refusal(reason, message, nominatedNode);
        if (_pace.MayTell(pod, refusal))
        {
            Tell(pod, refusal);
        }
    }

    /// <summary>The API's limit for the note of an Event.</summary>
    private static string Shorten(string message) => message.Length <= 1024 ? message : message[..1020] + " ...";

    private void Tell(QueuedPod pod, RefusalPace.Refusal refusal)
    {
        var current = pod.Info.Pod;
        _events.Record(current.ToReference(), "Warning", "FailedScheduling", Shorten(refusal.Message), action: "Scheduling");
        if (PodStatusWriter.ConditionPatch(current, refusal.Reason, refusal.Message, refusal.NominatedNode, _time.GetUtcNow()) is { } patch)
        {
            _writes.Writer.TryWrite(token => _statuses.PatchAsync(current.Key, patch, LogStatusFailed, token));
        }
    }

    /// <summary>What has to be written before a pod is bound takes a while; others (who add nodes, above all) should know where it will be.</summary>
    private async ValueTask NominateAsync(Pod pod, string node, CancellationToken cancellationToken)
    {
        if (pod.Status.NominatedNodeName != node)
        {
            await _statuses.PatchAsync(pod.Key, PodStatusWriter.NominationPatch(pod, node), LogStatusFailed, cancellationToken);
        }
    }

    private async ValueTask<bool> EvictAsync(Pod preemptor, string node, Pod victim, CancellationToken cancellationToken)
    {
        if (victim.Metadata.DeletionTimestamp is null)
        {
            await _statuses.PatchAsync(victim.Key, PodStatusWriter.DisruptionPatch(victim, _options.SchedulerName, _time.GetUtcNow()), LogStatusFailed, cancellationToken);
            var deleted = await _client.DeleteAsync(victim, cancellationToken);
            if (!deleted.IsOk && !deleted.IsNotFound && !deleted.IsConflict)
            {
                LogPreemptionFailed(victim.Key, preemptor.Key, deleted.Error.Message);
                return false;
            }
        }

        LogPreempted(victim.Key, preemptor.Key, node);
        _events.Record(
            victim.ToReference(), "Normal", "Preempted", $"Preempted by pod {preemptor.Metadata.Uid} on node {node}", preemptor.ToReference(), "Preempting");
        return true;
    }

    private void Subscribe(Subscriptions handlers)
    {
        handlers.Add(_informers.Get<Node>().AddHandler(
            added: node => Post(() => _loop.OnNode(node)),
            updated: (_, node) => Post(() => _loop.OnNode(node)),
            deleted: node => Post(() => _loop.OnNodeDeleted(node.Metadata.Name))));
        handlers.Add(_informers.Get<Namespace>().AddHandler(
            added: ns => Post(() => _loop.OnNamespace(ns.Metadata.Name, ns.Metadata.Labels)),
            updated: (old, ns) =>
            {
                if (!old.Metadata.Labels.Equals(ns.Metadata.Labels))
                {
                    Post(() => _loop.OnNamespace(ns.Metadata.Name, ns.Metadata.Labels));
                }
            },
            deleted: ns => Post(() => _loop.OnNamespace(ns.Metadata.Name, null))));
        handlers.Add(_informers.Get<PodDisruptionBudget>().AddHandler(
            added: budget => Post(() => _loop.Budgets.Set(budget)),
            updated: (_, budget) => Post(() => _loop.Budgets.Set(budget)),
            deleted: budget => Post(() => _loop.Budgets.Remove(budget.Key))));
        SubscribeStorage(handlers);
        handlers.Add(_informers.Get<Pod>().AddHandler(
            added: pod => Post(() => _loop.OnPod(pod)),
            updated: (_, pod) => Post(() => _loop.OnPod(pod)),
            deleted: pod => Post(() => _loop.OnPodDeleted(pod))));
    }

    private void SubscribeStorage(Subscriptions handlers)
    {
        var storage = _loop.Storage;
        Follow<PersistentVolumeClaim>(handlers, storage.Set, storage.Remove, _loop.OnStorageChanged);
        Follow<PersistentVolume>(handlers, storage.Set, storage.Remove, _loop.OnStorageChanged);
        Follow<StorageClass>(handlers, storage.Set, storage.Remove, _loop.OnStorageChanged);
        Follow<CSINode>(handlers, storage.Set, storage.Remove, _loop.OnStorageChanged);
        Follow<CSIDriver>(handlers, storage.Set, storage.Remove, _loop.OnStorageChanged);
        Follow<CSIStorageCapacity>(handlers, storage.Set, storage.Remove, _loop.OnStorageChanged);

        var devices = _loop.Devices;
        Follow<ResourceClaim>(handlers, devices.Set, devices.Remove, _loop.OnDevicesChanged);
        Follow<DeviceClass>(handlers, devices.Set, devices.Remove, _loop.OnDevicesChanged);
        Follow<ResourceSlice>(handlers, devices.Set, devices.Remove, _loop.OnDevicesChanged);
    }

    private void Follow<T>(Subscriptions handlers, Action<T> set, Action<T> remove, Action onChange)
        where T : ApiObject, IResourceObject<T>
    {
        handlers.Add(_informers.Get<T>().AddHandler(added: Changed, updated: (_, obj) => Changed(obj), deleted: obj => Post(() =>
        {
            remove(obj);
            onChange();
        })));

        void Changed(T obj) => Post(() =>
        {
            set(obj);
            onChange();
        });
    }

    private void Post(Action letter) => _mailbox.Writer.TryWrite(letter);

    private async Task RunLoopAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            while (_mailbox.Reader.TryRead(out var letter))
            {
                Open(letter);
            }

            while (_pace.TryNext(out var pod, out var refusal))
            {
                Tell(pod, refusal);
            }

            var wait = _loop.Advance();
            if (_loop.ScheduleNext())
            {
                continue;
            }

            await WaitForNewsAsync(_pace.Wait is { } pause && (wait is null || pause < wait) ? pause : wait, cancellationToken);
        }
    }

    /// <summary>One object that makes no sense must not stop all others.</summary>
    private void Open(Action letter)
    {
        try
        {
            letter();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogNewsBroke(e);
        }
    }

    private async ValueTask WaitForNewsAsync(TimeSpan? limit, CancellationToken cancellationToken)
    {
        if (limit is not { } duration)
        {
            await _mailbox.Reader.WaitToReadAsync(cancellationToken);
            return;
        }

        using var timer = new CancellationTokenSource(duration > TimeSpan.Zero ? duration : TimeSpan.FromMilliseconds(1), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _mailbox.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time for those that backed off.
        }
    }

    private async Task BindAllAsync(CancellationToken cancellationToken)
    {
        await foreach (var (pod, node) in _bindings.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await BindAsync(pod, node, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogBindingBroke(e, pod.Info.Key, node);
                Post(() => _loop.OnBindFailed(pod, e.Message, isGone: false));
            }
        }
    }

    private async Task BindAsync(QueuedPod queued, string node, CancellationToken cancellationToken)
    {
        var pod = queued.Info.Pod;
        var bound = await _client.BindAsync(pod, node, cancellationToken);
        if (bound.IsOk)
        {
            _events.Record(pod.ToReference(), "Normal", "Scheduled", $"Successfully assigned {pod.Metadata.Namespace}/{pod.Metadata.Name} to {node}", action: "Binding");
            return;
        }

        LogBindingRefused(queued.Info.Key, node, bound.Error.Message);

        // After a conflict it is tried again, unless news come meanwhile that somebody else gave it a node.
        Post(() => _loop.OnBindFailed(queued, $"binding rejected: {bound.Error.Message}", isGone: bound.IsNotFound));
    }

    private async Task WriteAllAsync(CancellationToken cancellationToken)
    {
        await foreach (var write in _writes.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await write(cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogWriteBroke(e);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Binding {Key} to {Node} was refused: {Reason}")]
    private partial void LogBindingRefused(ObjectKey key, string node, string reason);

    [LoggerMessage(LogLevel.Error, "Binding {Key} to {Node} failed")]
    private partial void LogBindingBroke(Exception exception, ObjectKey key, string node);

    [LoggerMessage(LogLevel.Error, "A change in the cluster could not be taken in")]
    private partial void LogNewsBroke(Exception exception);

    [LoggerMessage(LogLevel.Error, "{Key} could not be scheduled: {Reason}")]
    private partial void LogSchedulingFailed(ObjectKey key, string reason);

    [LoggerMessage(LogLevel.Error, "A write failed")]
    private partial void LogWriteBroke(Exception exception);

    [LoggerMessage(LogLevel.Information, "{Key} makes room for {Preemptor} on {Node}")]
    private partial void LogPreempted(ObjectKey key, ObjectKey preemptor, string node);

    [LoggerMessage(LogLevel.Warning, "{Key} could not be removed to make room for {Preemptor}: {Reason}")]
    private partial void LogPreemptionFailed(ObjectKey key, ObjectKey preemptor, string reason);

    [LoggerMessage(LogLevel.Warning, "The status of {Key} could not be written: {Reason}")]
    private partial void LogStatusFailed(ObjectKey key, string reason);
}
