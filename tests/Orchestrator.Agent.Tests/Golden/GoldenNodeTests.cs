using Orchestrator.Agent.Tests.Support;

namespace Orchestrator.Agent.Tests.Golden;

/// <summary>The agent reports pods as the recorded kubelet did. GOLDEN_NODE names the folder of the recordings, GOLDEN_ONLY some of them.</summary>
public sealed class GoldenNodeTests(ContainerdFixture containerd, ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public async Task Recorded_pods_are_reported_alike()
    {
        var folder = Environment.GetEnvironmentVariable("GOLDEN_NODE") ?? throw new InvalidOperationException("GOLDEN_NODE names no folder.");
        var only = Environment.GetEnvironmentVariable("GOLDEN_ONLY")?.Split(',');
        await using var node = new TestNode(containerd, configure: o => o.StaticPodsDirectory = Path.Combine(o.RootDirectory, "manifests"));
        node.Api.Put(new Node { Metadata = new() { Name = "node-1", Uid = "node-1" } });
        node.Api.Put(new ConfigMap { Metadata = new() { Name = "kube-root-ca.crt", Namespace = "golden" }, Data = new Dictionary<string, string> { ["ca.crt"] = "-----BEGIN CERTIFICATE-----\nx\n" } });
        node.Api.Put(new ConfigMap { Metadata = new() { Name = "openshift-service-ca.crt", Namespace = "golden" }, Data = new Dictionary<string, string> { ["service-ca.crt"] = "" } });
        node.Api.Put(new Service
        {
            Metadata = new() { Name = "kubernetes", Namespace = "default" },
            Spec = new() { ClusterIP = "10.96.0.1", Ports = [new() { Name = "https", Port = 443, Protocol = "TCP" }] },
        });
        var names = Directory.EnumerateFiles(folder, "*.json")
            .Select(f => Path.GetFileNameWithoutExtension(f))
            .Where(n => only is null || only.Any(o => n.StartsWith(o, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)
            .ToList();
        var failures = new List<string>();
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (name, _) =>
        {
            IReadOnlyList<string> differences;
            try
            {
                differences = await new GoldenReplay(node).RunAsync(GoldenCase.Read(folder, name));
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                differences = [e.ToString()];
            }

            if (differences.Count > 0)
            {
                lock (failures)
                {
                    failures.Add($"{name}:\n    " + string.Join("\n    ", differences));
                    if (Environment.GetEnvironmentVariable("GOLDEN_OUT") is { } file)
                    {
                        File.AppendAllText(file, failures[^1] + "\n");
                    }
                }
            }
        });

        failures.Sort(StringComparer.Ordinal);
        foreach (var failure in failures)
        {
            output.WriteLine(failure);
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {names.Count} cases differ:\n{string.Join('\n', failures)}");
    }
}
