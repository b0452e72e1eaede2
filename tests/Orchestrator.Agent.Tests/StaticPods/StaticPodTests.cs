using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.StaticPods;

public sealed class StaticPodTests(ContainerdFixture containerd)
{
    private static readonly ObjectKey Key = new("default", "web-node-1");

    [Fact]
    public async Task Manifest_runs_without_the_api_and_its_mirror_follows_it()
    {
        await using var node = new TestNode(containerd, configure: o => o.StaticPodsDirectory = Path.Combine(o.RootDirectory, "manifests"));
        var file = Path.Combine(node.Options.StaticPodsDirectory!, "web.yaml");

        // 1. It runs, and once the node is known its mirror shows it.
        await WriteAsync(file, "first");
        node.Api.Put(new Node { Metadata = new() { Name = "node-1", Uid = "uid-of-node" } });
        var mirror = (await node.Api.WaitAsync(Key, p => p is not null && TestNode.IsReady(p), TestNode.Patience, "ready"))!;
        var hash = mirror.Metadata.Annotations["kubernetes.io/config.hash"];
        Assert.Equal(hash, mirror.Metadata.Annotations["kubernetes.io/config.mirror"]);
        Assert.Equal("file", mirror.Metadata.Annotations["kubernetes.io/config.source"]);
        Assert.Equal("uid-of-node", Assert.Single(mirror.Metadata.OwnerReferences).Uid);
        Assert.Equal(0, mirror.Status.ObservedGeneration);
        var container = mirror.Status.ContainerStatuses[0].ContainerID;

        // 2. Who deletes the mirror deletes a picture.
        node.Api.Delete(Key);
        var again = (await node.Api.WaitAsync(Key, p => p is { Metadata.DeletionTimestamp: null } && TestNode.IsReady(p), TestNode.Patience, "shown again"))!;
        Assert.NotEqual(mirror.Metadata.Uid, again.Metadata.Uid);
        Assert.Equal(container, again.Status.ContainerStatuses[0].ContainerID);

        // 3. Another definition is another pod, after the end of the one before.
        await WriteAsync(file, "second");
        var second = (await node.Api.WaitAsync(
            Key, p => p is not null && p.Metadata.Annotations["kubernetes.io/config.hash"] != hash && TestNode.IsReady(p), TestNode.Patience, "the second one"))!;
        Assert.Equal("second", second.Spec.Containers[0].Env[0].Value);

        // 4. Without a manifest there is neither pod nor mirror.
        var worker = node.Manager.Find(Key.Namespace, Key.Name)!;
        File.Delete(file);
        await node.Api.WaitAsync(Key, p => p is null, TestNode.Patience, "gone");
        await worker.Ended.WaitAsync(TestNode.Patience);
    }

    /// <summary>In one step, as whoever installs manifests should.</summary>
    private static async Task WriteAsync(string file, string value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(file)!, ".new"), $$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec:
              terminationGracePeriodSeconds: 1
              automountServiceAccountToken: false
              containers:
              - name: c
                image: {{ContainerdFixture.Busybox}}
                command: [sh, -c, exec sleep 3600]
                env: [{name: VALUE, value: {{value}}}]
            """);
        File.Move(Path.Combine(Path.GetDirectoryName(file)!, ".new"), file, overwrite: true);
    }
}
