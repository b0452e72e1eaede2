using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.Agent.Pods;

/// <summary>A container as the runtime has it, with what its labels and annotations tell.</summary>
internal sealed class RuntimeContainer(Cri.ContainerStatus status, string sandboxId, RuntimeUser? user)
{
    public string Id => status.Id;

    public string Name { get; } = status.Labels.TryGetValue(ContainerLabels.ContainerName, out var name) ? name : status.Metadata.Name;

    public string SandboxId => sandboxId;

    public Cri.ContainerState State => status.State;

    public bool IsRunning => status.State == Cri.ContainerState.ContainerRunning;

    /// <summary>True once its process has ended.</summary>
    public bool IsExited => status.State == Cri.ContainerState.ContainerExited;

    public int ExitCode => status.ExitCode;

    public string Reason => status.Reason;

    public string Message => status.Message;

    public DateTimeOffset CreatedAt => FromNanos(status.CreatedAt);

    /// <summary>Null if it never started.</summary>
    public DateTimeOffset? StartedAt => status.StartedAt > 0 ? FromNanos(status.StartedAt) : null;

    public DateTimeOffset? FinishedAt => status.FinishedAt > 0 ? FromNanos(status.FinishedAt) : null;

    public int RestartCount => Annotation(ContainerLabels.RestartCount) is { } text && int.TryParse(text, CultureInfo.InvariantCulture, out var count) ? count : 0;

    public string? Hash => Annotation(ContainerLabels.Hash);

    public string TerminationMessagePath => Annotation(ContainerLabels.TerminationMessagePath) ?? "";

    public string TerminationMessagePolicy => Annotation(ContainerLabels.TerminationMessagePolicy) ?? "";

    public string LogPath => status.LogPath;

    /// <summary>The image as the pod named it, where the runtime remembers it.</summary>
    public string Image => status.Image?.Image ?? "";

    /// <summary>The image that runs.</summary>
    public string ImageReference => status.ImageRef;

    /// <summary>The id in the API: with the runtime's name.</summary>
    public string ApiId => "containerd://" + status.Id;

    /// <summary>Who the main process runs as; null if the runtime does not say.</summary>
    public RuntimeUser? User { get; } = status.User?.Linux is { } linux ? new(linux.Uid, linux.Gid, [.. linux.SupplementalGroups]) : user;

    /// <summary>The resources that the container was made with; null for a container that another agent made.</summary>
    public ResourceRequirements? Resources =>
        Annotation(ContainerLabels.Resources) is { } json ? ApiJson.Read<ResourceRequirements>(System.Text.Encoding.UTF8.GetBytes(json)) : null;

    /// <summary>Limits as the runtime has them now; null if it does not say.</summary>
    public Cri.LinuxContainerResources? ActualResources => status.Resources?.Linux;

    public IEnumerable<Cri.Mount> Mounts => status.Mounts;

    private string? Annotation(string name) => status.Annotations.TryGetValue(name, out var value) ? value : null;

    private static DateTimeOffset FromNanos(long nanos) => DateTimeOffset.UnixEpoch.AddTicks(nanos / 100);
}
