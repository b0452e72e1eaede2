using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;
using Orchestrator.Agent.Reporting;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Runtime;
using Orchestrator.Api;

namespace Orchestrator.Agent.Images;

/// <summary>Has images present before containers are made of them.</summary>
internal sealed class ImageManager(
    IContainerRuntime runtime, RegistryCredentials credentials, IPodEvents events, NodeAgentOptions options, TimeProvider time)
{
    /// <summary>Why a container waits whose image could not be pulled a while ago.</summary>
    public const string BackoffReason = "ImagePullBackOff";

    private static readonly TimeSpan BackoffInitial = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BackoffLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BackoffNotice = TimeSpan.FromSeconds(1);
    private readonly Backoff _backoff = new(BackoffInitial, BackoffLimit, time);
    private readonly ConcurrentDictionary<string, string> _lastErrors = new();
    private readonly SemaphoreSlim _pulls = new(options.ParallelPullsMax);

    /// <summary>The image of a container, pulled if its policy asks for it; emits the events.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="containerName">The container, or null for a volume's image.</param>
    /// <param name="name">The image as the pod names it.</param>
    /// <param name="policy">Always, IfNotPresent or Never.</param>
    /// <param name="cancellationToken">Ends a pull.</param>
    /// <exception cref="ImageException">It is not to be had.</exception>
    public async Task<Cri.Image> EnsureAsync(Pod pod, string? containerName, string name, string policy, CancellationToken cancellationToken)
    {
        if (!ImageReference.TryParse(name, out var reference, out var error))
        {
            var message = $"Failed to apply default image tag \"{name}\": couldn't parse image name \"{name}\": {error}";
            events.Emit(pod, containerName, "Warning", "InspectFailed", message);
            throw new ImageException("InvalidImageName", message, BackoffInitial);
        }

        var spec = new Cri.ImageSpec { Image = reference.Normalized };
        Cri.Image? present;
        try
        {
            present = await runtime.ImageStatusAsync(spec, cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.Cancelled)
        {
            var message = $"Failed to inspect image \"{name}\": {GoErrors.Full(e)}";
            events.Emit(pod, containerName, "Warning", "InspectFailed", message);
            throw new ImageException("ImageInspectError", message, BackoffInitial);
        }

        if (present is not null && policy != "Always")
        {
            events.Emit(pod, containerName, "Normal", "Pulled", $"Container image \"{name}\" already present on machine and can be accessed by the pod");
            return present;
        }

        if (policy == "Never")
        {
            var message = $"Container image \"{name}\" is not present with pull policy of Never";
            events.Emit(pod, containerName, "Warning", "ErrImageNeverPull", message);
            throw new ImageException("ErrImageNeverPull", message, BackoffInitial);
        }

        return await PullAsync(pod, containerName, name, spec, cancellationToken);
    }

    private async Task<Cri.Image> PullAsync(Pod pod, string? containerName, string name, Cri.ImageSpec spec, CancellationToken cancellationToken)
    {
        var key = $"{pod.Metadata.Uid}_{name}";
        if (_backoff.RemainingSinceUpdate(key) is { Ticks: > 0 } remaining)
        {
            var message = $"Back-off pulling image \"{name}\"";
            events.Emit(pod, containerName, "Normal", "BackOff", message);
            throw new ImageException(BackoffReason, _lastErrors.TryGetValue(key, out var last) ? $"{message}: ErrImagePull: {last}" : message, remaining);
        }

        events.Emit(pod, containerName, "Normal", "Pulling", $"Pulling image \"{name}\"");
        var asked = time.GetTimestamp();
        await _pulls.WaitAsync(cancellationToken);
        try
        {
            var started = time.GetTimestamp();
            var imageRef = await PullWithCredentialsAsync(pod, spec, cancellationToken);
            var pulled = await runtime.ImageStatusAsync(spec, cancellationToken)
                ?? throw new RpcException(new Status(StatusCode.NotFound, $"image {imageRef} is gone right after its pull"));
            events.Emit(
                pod, containerName, "Normal", "Pulled",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Successfully pulled image \"{name}\" in {Duration(time.GetElapsedTime(started))} ({Duration(time.GetElapsedTime(asked))} including waiting). Image size: {pulled.Size} bytes."));
            _lastErrors.TryRemove(key, out _);
            _backoff.Forget(key);
            return pulled;
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            var message = GoErrors.Full(e);
            events.Emit(pod, containerName, "Warning", "Failed", $"Failed to pull image \"{name}\": {message}");

            // A registry that fails once is asked again soon; only one that goes on failing is given time.
            if (!_lastErrors.TryAdd(key, message))
            {
                _lastErrors[key] = message;
                _backoff.Next(key);
            }

            // The next look finds the back-off, says so, and waits for its end.
            throw new ImageException("ErrImagePull", message, BackoffNotice);
        }
        finally
        {
            _pulls.Release();
        }
    }

    private async Task<string> PullWithCredentialsAsync(Pod pod, Cri.ImageSpec spec, CancellationToken cancellationToken)
    {
        var candidates = await credentials.ForAsync(pod, spec.Image, cancellationToken);
        for (var i = 0; i < candidates.Count; i++)
        {
            try
            {
                return await runtime.PullImageAsync(spec, candidates[i], null, cancellationToken);
            }
            catch (RpcException) when (i + 1 < candidates.Count && !cancellationToken.IsCancellationRequested)
            {
                // The next credentials may fit; the last ones' failure is reported.
            }
        }

        return await runtime.PullImageAsync(spec, null, null, cancellationToken);
    }

    private static string Duration(TimeSpan elapsed) => GoDuration.Format(TimeSpan.FromMilliseconds(Math.Floor(elapsed.TotalMilliseconds)));
}
