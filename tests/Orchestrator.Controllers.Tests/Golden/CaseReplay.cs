using System.Text.Json.Nodes;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>Sends what a recording sent, plays the kubelets as it did, and waits until the cluster looks as it looked then.</summary>
internal sealed class CaseReplay(RunningCluster cluster, string name)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly string[] Nodes = ["node-a", "node-b", "node-c"];

    private readonly IClusterClient _client = cluster.Client;
    private readonly string _namespace = name.Replace('/', '-');
    private readonly Placeholders _placeholders = new();
    private readonly HashSet<(string Uid, string Message)> _seenEvents = [];
    private readonly HashSet<string> _kinds = [];
    private readonly HashSet<string> _names = [];
    private readonly HashSet<string> _reasons = [];
    private JsonNode? _step;
    private bool _varied;
    private int _addresses;
    private int _nextNode;

    /// <returns>What differs, step by step; empty if nothing does.</returns>
    public async Task<List<string>> RunAsync(TimeSpan patience)
    {
        (await _client.CreateAsync(new Namespace { Metadata = new() { Name = _namespace } }, default)).ThrowIfRefused();
        while (!(await _client.GetAsync<ServiceAccount>(_namespace, "default", default)).IsOk)
        {
            await Task.Delay(Poll);
        }

        var report = new List<string>();
        var recording = RecordedCases.Load(name);
        _kinds.UnionWith(recording["steps"]!.AsArray().SelectMany(static s => s!["after"]!["objects"]!.AsArray()).Select(static o => o!["kind"]!.GetValue<string>()));

        _names.UnionWith(recording["steps"]!.AsArray().SelectMany(static s => s!["after"]!["objects"]!.AsArray()).Select(static o => Name(o!)));

        // Every namespace has those, and one is the recording's own.
        _kinds.ExceptWith(["ServiceAccount", "ConfigMap"]);
        foreach (var step in recording["steps"]!.AsArray())
        {
            var differences = await PlayAsync(step!, patience);
            if (differences.Count > 0)
            {
                report.Add($"{name}, step \"{step!["do"]}\"{(step["varies"] is { } varies ? $" (varies: {varies})" : "")}:");
                report.AddRange(differences.Select(static d => "    " + d));

                // What follows would differ only because this does.
                break;
            }
        }

        await _client.DeleteAsync(ResourcePath.Of<Namespace>(new ObjectKey("", _namespace)), null, default);
        return report;
    }

    private async Task<List<string>> PlayAsync(JsonNode step, TimeSpan patience)
    {
        _step = step;

        // Once another of several equal pods was chosen, all that follows is about other pods.
        _varied |= step["varies"] is not null;
        var sent = step["sent"]!.AsArray();
        var kubelets = false;
        for (var i = 0; i < sent.Count; i++)
        {
            var request = sent[i]!;
            if (request["kubelet"]?.GetValue<string>() == "every pod")
            {
                kubelets = true;
                if (i + 1 < sent.Count)
                {
                    await SettleAsync(kubelets);
                    kubelets = false;
                }

                continue;
            }

            if (i > 0 && request["create"] is null && request["bind"] is null && request["kubelet"] is null)
            {
                await SettleAsync(kubelets: false);
            }

            if (await SendAsync(request) is { } problem)
            {
                return [$"{request.ToJsonString()}: {problem}"];
            }
        }

        var limit = TimeProvider.System.GetTimestamp();
        List<string> differences;
        do
        {
            if (kubelets)
            {
                await PlayKubeletsAsync();
            }

            differences = await CompareAsync(step["after"]!, _varied);
            if (differences.Count == 0)
            {
                return differences;
            }

            await Task.Delay(Poll);
        }
        while (TimeProvider.System.GetElapsedTime(limit) < patience);
        return differences;
    }

    private async Task<string?> SendAsync(JsonNode request)
    {
        if (request["create"] is { } manifest)
        {
            return await CreateAsync(manifest);
        }

        if (request["patch"]?.GetValue<string>() is { } patched)
        {
            var (resource, key) = await LocateAsync(patched);
            var answer = await _client.PatchAsync<ApiObject>(
                new(resource, key.Namespace, key.Name), Patch.Parse(PatchType.StrategicMerge, request["with"]!.ToJsonString()), null, default);
            return answer.Error?.Message;
        }

        if (request["delete"]?.GetValue<string>() is { } deleted)
        {
            var (resource, key) = await LocateAsync(deleted);
            var options = request["options"] is { } given ? ApiJson.Read<DeleteOptions>(System.Text.Encoding.UTF8.GetBytes(given.ToJsonString())) : null;
            return (await _client.DeleteAsync(new(resource, key.Namespace, key.Name), options, default)).Error?.Message;
        }

        if (request["bind"]?.GetValue<string>() is { } bound)
        {
            // A DaemonSet's pods are each meant for one node.
            var node = request["node"]!.GetValue<string>();
            var pod = await PodAsync(bound, p => p.Spec.NodeName.Length == 0 && (p.Spec.Affinity is null || p.Spec.Affinity.ToString().Contains($"\"{node}\"", StringComparison.Ordinal)));
            return pod is null ? "no such pod" : (await _client.BindAsync(pod, node, default)).Error?.Message;
        }

        if (request["evict"]?.GetValue<string>() is { } evicted)
        {
            var pod = await PodAsync(evicted, static _ => true);
            var answer = await _client.EvictAsync(pod!.Key, null, default);
            var code = answer.IsOk ? 201 : answer.Code;
            return code == request["answer"]!.GetValue<int>() ? null : $"answered {code} {answer.Error?.Message}";
        }

        var target = request["kubelet"]!.GetValue<string>();
        var report = request["reports"]!.GetValue<string>();
        return target.StartsWith("nodes/", StringComparison.Ordinal) ? await ReportNodeAsync(target[6..], report == "Ready") : await ReportPodAsync(target, report);
    }

    private async Task<string?> CreateAsync(JsonNode manifest)
    {
        var (apiVersion, kind) = (manifest["apiVersion"]!.GetValue<string>(), manifest["kind"]!.GetValue<string>());
        var resource = ResourceTable.Find(apiVersion, kind)!;
        var obj = (ApiObject)ApiJson.Read(ApiTypes.FindKind(apiVersion, kind)!, System.Text.Encoding.UTF8.GetBytes(
            manifest.ToJsonString().Replace("\\u003Ctime\\u003E", ApiTime.Format(TimeProvider.System.GetUtcNow()), StringComparison.Ordinal)));
        obj = obj with { Metadata = obj.Metadata with { Namespace = resource.Namespaced ? _namespace : "" } };
        var created = await _client.CreateAsync(new(resource, obj.Metadata.Namespace), obj, null, default);

        // The recording's requests took longer than its controllers: a budget was looked at before there were pods, a volume before there was its claim.
        for (var i = 0; created.IsOk && obj is PodDisruptionBudget or PersistentVolume && i < 100; i++)
        {
            var seen = await _client.GetAsync<ApiObject>(new(resource, obj.Metadata.Namespace, obj.Metadata.Name), null, default);
            if (seen is not { IsOk: true, Value: PodDisruptionBudget { Status.ObservedGeneration: 0 } or PersistentVolume { Status.Phase: "Pending" } })
            {
                break;
            }

            await Task.Delay(Poll);
        }

        return created.Error?.Message;
    }

    private async Task<(ResourceInfo Resource, ObjectKey Key)> LocateAsync(string target)
    {
        var cut = target.IndexOf('/', StringComparison.Ordinal);
        var resource = ResourceTable.All.First(r => r.Resource == target[..cut] && r.Group is not "events.k8s.io" and not "metrics.k8s.io");
        if (target[..cut] == "pods" && await PodAsync(target, static p => !p.IsBeingDeleted) is { } pod)
        {
            return (resource, pod.Key);
        }

        return (resource, new(resource.Namespaced ? _namespace : "", target[(cut + 1)..]));
    }

    /// <summary>The pod of a recorded name; among equal ones one that has not been named yet and satisfies a wish.</summary>
    private async Task<Pod?> PodAsync(string target, Func<Pod, bool> wish)
    {
        var recorded = target[(target.IndexOf('/', StringComparison.Ordinal) + 1)..];
        for (var i = 0; i < 200; i++)
        {
            var pods = (await _client.ListAsync<Pod>(_namespace, null, default)).Value.Items.OrderBy(static p => p.Metadata.CreationTimestamp).ThenBy(static p => p.Metadata.Name, StringComparer.Ordinal).ToList();
            var named = pods.Find(p => _placeholders.Fits(recorded, p.Metadata.Name));
            if (named is not null && wish(named))
            {
                _placeholders.Fits(recorded, named.Metadata.Name, learn: true);
                return named;
            }

            // Another of the equal pods was chosen this time.
            var prefix = recorded.Contains("<rand", StringComparison.Ordinal) ? recorded[..recorded.LastIndexOf("<rand", StringComparison.Ordinal)] + "<rand>" : recorded;
            if (pods.Find(p => _placeholders.Fits(prefix, p.Metadata.Name) && wish(p)) is { } other)
            {
                _placeholders.Swap(recorded, other.Metadata.Name);
                return other;
            }

            await Task.Delay(Poll);
        }

        return null;
    }

    private async Task<string?> ReportNodeAsync(string node, bool ready)
    {
        var current = await _client.GetAsync<Node>(new ObjectKey("", node), default);
        if (!current.IsOk)
        {
            return current.Error.Message;
        }

        cluster.Silence(node, silent: false);
        return (await _client.UpdateStatusAsync(current.Value with { Status = RunningCluster.StatusOf(ready) with { NodeInfo = current.Value.Status.NodeInfo } }, default)).Error?.Message;
    }

    private async Task<string?> ReportPodAsync(string target, string report)
    {
        if (report.StartsWith("stopped", StringComparison.Ordinal))
        {
            var doomed = await PodAsync(target, static p => p.IsBeingDeleted);
            return doomed is null ? "no such terminating pod" : (await StopAsync(doomed)).Error?.Message;
        }

        var pod = await PodAsync(target, static p => p.Spec.NodeName.Length > 0);
        if (pod is null)
        {
            return "no such pod";
        }

        return (await ReportAsync(pod, report)).Error?.Message;
    }

    private async Task<ApiResult<Pod>> ReportAsync(Pod pod, string report)
    {
        if (pod.Status.PodIP.Length == 0)
        {
            var ip = $"10.244.0.{++_addresses}";
            pod = pod with { Status = pod.Status with { HostIP = "192.168.0.1", PodIP = ip, PodIPs = [new() { Ip = ip }], StartTime = TimeProvider.System.NowSeconds() } };
        }

        return await _client.UpdateStatusAsync(pod with { Status = Disrupted(pod, KubeletReports.Status(pod, report)) }, default);
    }

    /// <summary>A disruption that the recording's kubelet reported along with a failure shows in what it left, not in what it sent.</summary>
    private PodStatus Disrupted(Pod pod, PodStatus status)
    {
        var left = status.Phase == "Failed" ? _step!["after"]!["objects"]!.AsArray().FirstOrDefault(o => o!["kind"]!.GetValue<string>() == "Pod" && _placeholders.Fits(Name(o), pod.Metadata.Name)) : null;
        var condition = left?["status"]?["conditions"]?.AsArray().FirstOrDefault(static c => c!["type"]!.GetValue<string>() == "DisruptionTarget");
        return condition is null || status.Conditions.Any(static c => c.Type == "DisruptionTarget") ? status : status.WithCondition(new()
        {
            Type = "DisruptionTarget",
            Status = "True",
            Reason = condition["reason"]!.GetValue<string>(),
            Message = condition["message"]?.GetValue<string>() ?? "",
            LastTransitionTime = TimeProvider.System.NowSeconds(),
        });
    }

    private async ValueTask<ApiResult<ApiObject?>> StopAsync(Pod pod) =>
        await _client.DeleteAsync<Pod>(pod.Key, new() { GracePeriodSeconds = 0 }, default);

    private async Task PlayKubeletsAsync()
    {
        foreach (var pod in (await _client.ListAsync<Pod>(_namespace, null, default)).Value.Items.OrderBy(static p => p.Metadata.CreationTimestamp).ThenBy(static p => p.Metadata.Name, StringComparer.Ordinal))
        {
            if (pod.IsBeingDeleted)
            {
                await StopAsync(pod);
            }
            else if (pod.Spec.NodeName.Length == 0)
            {
                await _client.BindAsync(pod, Nodes[_nextNode++ % Nodes.Length], default);
            }
            else if (pod.Status.Phase == "Pending")
            {
                await ReportAsync(pod, "Running and Ready");
            }
        }
    }

    private async Task SettleAsync(bool kubelets)
    {
        var (last, quiet) = ("", 0);
        for (var i = 0; i < 300 && quiet < 10; i++)
        {
            if (kubelets)
            {
                await PlayKubeletsAsync();
            }

            var now = string.Join(",", (await ObjectsAsync(["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Pod"])).Select(static o => o["metadata"]!["resourceVersion"]));
            quiet = now == last ? quiet + 1 : 0;
            last = now;
            await Task.Delay(Poll);
        }
    }

    private async Task<List<JsonNode>> ObjectsAsync(IEnumerable<string> kinds)
    {
        var found = new List<JsonNode>();
        foreach (var kind in kinds)
        {
            var resource = ResourceTable.All.First(r => r.Kind == kind && r.Group is not "events.k8s.io" and not "metrics.k8s.io" && !(kind == "HorizontalPodAutoscaler" && r.Version == "v1"));
            var list = await _client.ListAsync<ApiObject>(new(resource, resource.Namespaced ? _namespace : ""), null, default);
            found.AddRange(list.Value.Items.Select(static o => JsonNode.Parse(ApiJson.WriteToArray(o))!).Where(o => resource.Namespaced || IsOfCase(kind, o)));
        }

        return found;
    }

    private bool IsOfCase(string kind, JsonNode obj) => kind == "Node" || obj["spec"]?["claimRef"]?["namespace"]?.GetValue<string>() == _namespace || _names.Contains(Name(obj));

    /// <param name="after">What the step left behind.</param>
    /// <param name="varies">Whether other pods than in the recording may have been chosen among equal ones.</param>
    private async Task<List<string>> CompareAsync(JsonNode after, bool varies)
    {
        var recorded = after["objects"]!.AsArray().Select(static o => o!).Where(o => _kinds.Contains(o["kind"]!.GetValue<string>())).ToList();
        var actual = await ObjectsAsync(_kinds);
        var placeholders = varies ? _placeholders.WithoutPods() : _placeholders.Copy();
        var comparison = new ObjectComparison(placeholders, varies);
        var differences = new List<string>();
        foreach (var wanted in recorded)
        {
            List<string>? best = null;
            JsonNode? match = null;
            foreach (var candidate in actual)
            {
                if (candidate["kind"]!.GetValue<string>() != wanted["kind"]!.GetValue<string>() || !placeholders.Fits(Name(wanted), Name(candidate)))
                {
                    continue;
                }

                var found = comparison.Differences(wanted, candidate);
                if (best is null || found.Count < best.Count)
                {
                    (best, match) = (found, candidate);
                }
            }

            if (match is null)
            {
                differences.Add($"{wanted["kind"]} {Name(wanted)}: missing");
                continue;
            }

            placeholders.Fits(Name(wanted), Name(match), learn: true);
            actual.Remove(match);
            differences.AddRange(best!.Select(d => $"{wanted["kind"]} {Name(wanted)}{d}"));
        }

        differences.AddRange(actual.Where(static o => o["kind"]!.GetValue<string>() != "Node").Select(static o => $"{o["kind"]} {Name(o)}: recorded absent, now there: {o.ToJsonString()[..Math.Min(600, o.ToJsonString().Length)]}"));
        var events = await NewEventsAsync();
        differences.AddRange(CompareEvents(after["events"]!.AsArray(), events, placeholders, varies));
        if (differences.Count == 0)
        {
            _reasons.UnionWith(after["events"]!.AsArray().Select(static e => e!["reason"]!.GetValue<string>()));
            _placeholders.Take(placeholders);
            _seenEvents.UnionWith(events.Select(static e => (e.Metadata.Uid, e.Message)));
        }

        return differences;
    }

    private static string Name(JsonNode obj) => obj["metadata"]!["name"]!.GetValue<string>();

    private List<string> CompareEvents(JsonArray recorded, List<Event> events, Placeholders placeholders, bool varies)
    {
        var actual = events.Select(static e => (e.InvolvedObject.Kind, e.InvolvedObject.Name, e.Type, e.Reason, e.Message, From: e.Source.Component)).ToList();
        var reasons = recorded.Select(static e => e!["reason"]!.GetValue<string>()).ToHashSet();

        // Which of several pods an event names is chance even where they are told apart.
        placeholders = placeholders.WithoutPods();
        var seen = actual.Select(static e => e.Reason).ToHashSet();
        var differences = new List<string>();
        foreach (var wanted in recorded)
        {
            var at = actual.FindIndex(e => e.Kind == Text("kind") && e.Type == Text("type") && e.Reason == Text("reason") && e.From == Text("from")
                && placeholders.Fits(Text("name"), e.Name) && placeholders.Fits(Text("message"), e.Message));
            if (at >= 0)
            {
                actual.RemoveAt(at);
            }
            else if (!varies || !seen.Contains(Text("reason")))
            {
                differences.Add($"event missing: {Text("kind")} {Text("name")} {Text("reason")}: {Text("message")} ({Text("from")})");
            }

            string Text(string field) => wanted![field]!.GetValue<string>();
        }

        differences.AddRange(actual.Where(e => e.Kind != "Node" && !(varies && (reasons.Contains(e.Reason) || _reasons.Contains(e.Reason))))
            .Select(static e => $"event not recorded: {e.Kind} {e.Name} {e.Reason}: {e.Message} ({e.From})"));
        return differences;
    }

    /// <summary>Events that are new since the step before, or say something else than they did.</summary>
    private async Task<List<Event>> NewEventsAsync()
    {
        var all = new List<Event>();
        foreach (var ns in name.StartsWith("nodes/", StringComparison.Ordinal) ? [_namespace, "default"] : new[] { _namespace })
        {
            all.AddRange((await _client.ListAsync<Event>(ns, null, default)).Value.Items.Where(e => !_seenEvents.Contains((e.Metadata.Uid, e.Message))));
        }

        return all;
    }
}
