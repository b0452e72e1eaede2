using System.Globalization;
using Orchestrator.Agent.Linux;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;
using Orchestrator.Protos.Containerd.Types;

namespace Orchestrator.Agent.Tests.Volumes;

public sealed class ImageVolumeTests(ContainerdFixture containerd)
{
    [Fact]
    public async Task Pod_reads_the_files_of_an_image_and_writes_none_and_nothing_is_held_after_it()
    {
        await using var node = new TestNode(containerd);
        var ended = await node.RunAsync(
            TestNode.Pod(
                "reader", "test -e /whole/bin/busybox && test -e /part/busybox && ! touch /whole/mine && echo read >/dev/termination-log",
                s => s with { RestartPolicy = "Never", Volumes = [new() { Name = "files", Image = new() { Reference = ContainerdFixture.Busybox, PullPolicy = "IfNotPresent" } }] },
                c => c with { VolumeMounts = [new() { Name = "files", MountPath = "/whole" }, new() { Name = "files", MountPath = "/part", SubPath = "bin" }] }),
            p => p.Status.Phase is "Succeeded" or "Failed", "ended");
        Assert.Equal("read\n", ended.Status.ContainerStatuses[0].State.Terminated!.Message);

        await node.DeleteAsync(ended.Key);
        Assert.Empty(MountTable.Below(node.Options.RootDirectory));
        Assert.DoesNotContain(ended.Metadata.Uid, await Snapshots(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Container_waits_for_the_image_that_it_mounts_and_others_do_not()
    {
        await using var node = new TestNode(containerd);
        var pod = await node.RunAsync(
            TestNode.Pod(
                "waiter", "sleep 1000",
                s => s with
                {
                    Containers = [s.Containers[0], s.Containers[0] with { Name = "other", VolumeMounts = [] }],
                    Volumes = [new() { Name = "files", Image = new() { Reference = "registry.k8s.io/no-such:1", PullPolicy = "Never" } }],
                },
                c => c with { VolumeMounts = [new() { Name = "files", MountPath = "/files" }] }),
            p => p.Status.ContainerStatuses.Any(s => s is { Name: "other", State.Running: not null }), "running");

        Assert.Equal("ErrImageNeverPull", pod.Status.ContainerStatuses[0].State.Waiting?.Reason);
        await node.DeleteAsync(pod.Key);
    }

    [Fact]
    public void Overlay_of_more_layers_than_the_kernel_takes_names_of()
    {
        var folder = Directory.CreateDirectory(Path.Combine(containerd.Folder, "layers-" + Guid.NewGuid().ToString("n"))).FullName;
        var layers = Enumerable.Range(0, 100).Select(i => Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture))).ToList();
        foreach (var layer in layers)
        {
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(layer).FullName, Path.GetFileName(layer)), "");
        }

        var target = Directory.CreateDirectory(Path.Combine(folder, "all")).FullName;
        ContainerdImageMounts.Mount(new Mount { Type = "overlay", Source = "overlay", Options = { "ro", $"lowerdir={string.Join(':', layers)}" } }, target);
        try
        {
            Assert.Equal(layers.Count, Directory.GetFiles(target).Length);
        }
        finally
        {
            Native.Unmount(target);
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<string> Snapshots()
    {
        using var list = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "ctr", ["--address", containerd.Socket, "--namespace", "k8s.io", "snapshots", "ls"]) { RedirectStandardOutput = true })!;
        var text = await list.StandardOutput.ReadToEndAsync();
        await list.WaitForExitAsync();
        Assert.Equal(0, list.ExitCode);
        return text;
    }
}
