using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.Agent.Tests.Golden;

/// <summary>Runs a recorded case on the agent and says where its report differs from the kubelet's.</summary>
internal sealed partial class GoldenReplay(TestNode node)
{
    private static readonly TimeSpan StepPatience = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<string>> RunAsync(GoldenCase golden)
    {
        var others = new List<ObjectKey>();
        foreach (var obj in golden.Content["objects"] as JsonArray ?? [])
        {
            if (obj!["kind"]!.GetValue<string>() == "Pod")
            {
                var other = PodDefaults.Apply(ApiJson.Read<Pod>(Encoding.UTF8.GetBytes(obj.ToJsonString().Replace("<node>", "node-1"))));
                others.Add((await node.RunToReadyAsync(other with { Metadata = other.Metadata with { Namespace = "golden" } })).Key);
            }
            else
            {
                PutObject(obj!.AsObject());
            }
        }

        var manifest = golden.Manifest.ToJsonString().Replace("<node>", "node-1");
        var pod = PodDefaults.Apply(ApiJson.Read<Pod>(Encoding.UTF8.GetBytes(manifest)));
        if (golden.Name.StartsWith("delete-", StringComparison.Ordinal) && golden.Name != "delete-gone")
        {
            pod = pod with { Metadata = pod.Metadata with { Finalizers = ["golden.example/keep"] } };
        }

        var created = golden.Name.StartsWith("static-", StringComparison.Ordinal) ? await CreateStaticAsync(golden) : node.Api.Create(pod);
        try
        {
            Pod? last = created;
            var step = 0;
            for (var i = 0; i < golden.Waited.Count;)
            {
                if (golden.Waited[i].StartsWith("step ", StringComparison.Ordinal))
                {
                    Apply(created.Key, golden.Steps[step++]!.AsObject());
                    i++;
                    continue;
                }

                if (Pause().IsMatch(golden.Waited[i]))
                {
                    await Task.Delay(TimeSpan.FromSeconds(int.Parse(golden.Waited[i].Split(' ')[0])));
                    i++;
                    continue;
                }

                var conditions = golden.Waited.Skip(i).TakeWhile(w => !w.StartsWith("step ", StringComparison.Ordinal) && !Pause().IsMatch(w)).ToList();
                i += conditions.Count;
                await WaitForEventsAsync(created, conditions);
                last = await node.Api.WaitAsync(
                    created.Key, p => conditions.All(c => Holds(c, created, p)), StepPatience, string.Join(", ", conditions)) ?? last;
            }

            // The conditions of readiness are what is compared; the last status may still be on its way.
            last = node.Api.Get(created.Key) ?? node.Api.History.Last(p => p.Key == created.Key);
            return Compare(golden, last with { Metadata = last.Metadata with { Uid = created.Metadata.Uid } });
        }
        catch (TimeoutException e)
        {
            return [$"not reached: {e.Message}"];
        }
        finally
        {
            if (created.IsMirror)
            {
                var worker = node.Manager.Find(created.Metadata.Namespace, created.Metadata.Name)!;
                File.Delete(StaticManifest(golden));
                await worker.Ended.WaitAsync(TestNode.Patience);
            }
            else
            {
                await node.DeleteAsync(created.Key);
            }

            foreach (var other in others)
            {
                await node.DeleteAsync(other);
            }
        }
    }

    private string StaticManifest(GoldenCase golden) => Path.Combine(node.Options.StaticPodsDirectory!, golden.Name + ".json");

    /// <summary>The mirror of a static pod, under the uid of the pod itself, which is the one in events.</summary>
    private async Task<Pod> CreateStaticAsync(GoldenCase golden)
    {
        Directory.CreateDirectory(node.Options.StaticPodsDirectory!);
        await File.WriteAllTextAsync(StaticManifest(golden), golden.Manifest.ToJsonString());
        var mirror = await node.Api.WaitAsync(new("golden", golden.Name + "-node-1"), p => p is not null, StepPatience, "mirrored");
        return mirror! with { Metadata = mirror.Metadata with { Uid = mirror.StaticHash! } };
    }

    private async Task WaitForEventsAsync(Pod pod, IReadOnlyList<string> conditions)
    {
        var started = TimeProvider.System.GetTimestamp();
        foreach (var wanted in conditions.Where(c => c.StartsWith("event ", StringComparison.Ordinal)).Select(c => c.Split('|').Select(x => x.Split(' ')[1]).ToList()))
        {
            while (!node.Events.Of(pod).Any(e => wanted.Contains(e.Reason)))
            {
                if (TimeProvider.System.GetElapsedTime(started) > StepPatience)
                {
                    throw new TimeoutException($"no event {string.Join('|', wanted)}; status {node.Api.Get(pod.Key)?.Status}");
                }

                await Task.Delay(50);
            }
        }
    }

    private static bool Holds(string condition, Pod created, Pod? pod)
    {
        if (condition.Contains('|') && !condition.StartsWith("event", StringComparison.Ordinal))
        {
            return condition.Split('|').Any(c => Holds(c, created, pod));
        }

        if (condition == "gone")
        {
            return pod is null;
        }

        if (condition.StartsWith("event ", StringComparison.Ordinal))
        {
            return true;
        }

        if (pod is null)
        {
            return false;
        }

        var statuses = pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).ToList();
        ContainerStatus? Of(string name) => statuses.FirstOrDefault(s => s.Name == name);
        return condition.Split(' ') switch
        {
            ["ready"] => TestNode.IsReady(pod),
            ["running", var c] => Of(c)?.State.Running is not null,
            ["terminated", var c] => Of(c)?.State.Terminated is not null,
            ["waiting", var c, var reason] => Of(c)?.State.Waiting?.Reason == reason,
            ["restarts", var c, var n] => Of(c)?.RestartCount >= int.Parse(n),
            ["condition", var typeAndStatus] => pod.Status.Conditions.Any(x => $"{x.Type}={x.Status}" == typeAndStatus),
            [var phase] when phase.StartsWith("phase=", StringComparison.Ordinal) => pod.Status.Phase == phase["phase=".Length..],
            _ => throw new NotSupportedException(condition),
        };
    }

    private void Apply(ObjectKey key, JsonObject step)
    {
        if (step["delete"] is JsonObject delete)
        {
            node.Api.Delete(key, delete["gracePeriodSeconds"]?.GetValue<long>());
            return;
        }

        var body = step["body"]!.AsObject();
        node.Api.Change(key, p =>
        {
            var json = JsonNode.Parse(ApiJson.WriteToArray(p))!.AsObject();
            Merge(json, body);
            return ApiJson.Read<Pod>(Encoding.UTF8.GetBytes(json.ToJsonString()));
        });
    }

    /// <summary>A strategic merge as far as the steps need it: lists of named things merge by name.</summary>
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is JsonObject o && target[name] is JsonObject t)
            {
                Merge(t, o);
            }
            else if (value is JsonArray items && target[name] is JsonArray present)
            {
                foreach (var item in items.OfType<JsonObject>())
                {
                    var key = item.ContainsKey("name") ? "name" : "type";
                    if (present.OfType<JsonObject>().FirstOrDefault(x => x[key]?.ToString() == item[key]?.ToString()) is { } same)
                    {
                        Merge(same, item);
                    }
                    else
                    {
                        present.Add(item.DeepClone());
                    }
                }
            }
            else
            {
                target[name] = value?.DeepClone();
            }
        }
    }

    private void PutObject(JsonObject obj)
    {
        var bytes = Encoding.UTF8.GetBytes(obj.ToJsonString());
        ApiObject parsed = obj["kind"]!.GetValue<string>() switch
        {
            "ConfigMap" => ApiJson.Read<ConfigMap>(bytes),
            "Secret" => ApiJson.Read<Secret>(bytes),
            "Service" => ApiJson.Read<Service>(bytes),
            var kind => throw new NotSupportedException(kind),
        };
        if (parsed is Secret { StringData.Count: > 0 } secret)
        {
            parsed = secret with { Data = secret.StringData.ToDictionary(s => s.Key, s => Encoding.UTF8.GetBytes(s.Value)), StringData = ApiMap<string>.Empty };
        }

        node.Api.Put(parsed with { Metadata = parsed.Metadata with { Namespace = "golden" } });
    }

    private List<string> Compare(GoldenCase golden, Pod pod)
    {
        var differences = new List<string>();
        var normalizer = new Func<string, string>(t => Normalize(t, pod));
        var actual = JsonNode.Parse(normalizer(pod.Status.ToString()))!.AsObject();
        if (actual["conditions"] is JsonArray conditions)
        {
            actual["conditions"] = new JsonArray([.. conditions.OfType<JsonObject>().OrderBy(c => c["type"]!.ToString(), StringComparer.Ordinal).Select(c => c.DeepClone())]);
        }

        var expected = JsonNode.Parse(golden.Status.ToJsonString())!.AsObject();
        Diff("status", expected, actual, differences);
        var expectedEvents = (golden.Content["events"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .Where(e => e["source"]?.ToString() != "default-scheduler")
            .Select(e => $"{e["type"]} {e["reason"]} {e["fieldPath"]} {e["message"]}")
            .ToList();
        var actualEvents = node.Events.Of(pod).Select(e => normalizer($"{e.Type} {e.Reason} {e.FieldPath} {e.Message}")).Distinct().ToList();
        if (golden.Content["eventOrder"] is not null)
        {
            expectedEvents.Sort(StringComparer.Ordinal);
            actualEvents.Sort(StringComparer.Ordinal);
        }

        if (!expectedEvents.SequenceEqual(actualEvents))
        {
            differences.Add("events:\n      expected " + string.Join("\n               ", expectedEvents) + "\n      actual   " + string.Join("\n               ", actualEvents));
        }

        if (golden.Content["log"] is JsonValue log)
        {
            var name = pod.Spec.Containers[0].Name;
            string text;
            try
            {
                text = NormalizeLog(normalizer(node.Log(pod, name)));
            }
            catch (Exception e) when (e is IOException)
            {
                text = "no log: " + e.Message;
            }

            if (text.Replace('\0', '\n') != log.GetValue<string>())
            {
                differences.Add($"log:\n--- expected\n{log.GetValue<string>()}--- actual\n{text}---");
            }
        }

        return differences;
    }

    private static void Diff(string path, JsonNode? expected, JsonNode? actual, List<string> differences)
    {
        switch (expected, actual)
        {
            case (JsonObject e, JsonObject a):
                foreach (var name in e.Select(x => x.Key).Union(a.Select(x => x.Key)))
                {
                    Diff($"{path}.{name}", e[name], a[name], differences);
                }

                break;
            case (JsonArray e, JsonArray a) when e.Count == a.Count:
                for (var i = 0; i < e.Count; i++)
                {
                    Diff($"{path}[{i}]", e[i], a[i], differences);
                }

                break;
            default:
                if (expected?.ToJsonString() != actual?.ToJsonString())
                {
                    differences.Add($"{path}: expected {expected?.ToJsonString() ?? "nothing"}, actual {actual?.ToJsonString() ?? "nothing"}");
                }

                break;
        }
    }

    private string Normalize(string text, Pod pod)
    {
        text = text.Replace(pod.Metadata.Uid, "<uid>").Replace("node-1", "<node>").Replace("kube-api-access-x", "kube-api-access-<generated>");
        text = TimeText().Replace(text, "<time>");
        text = Regex.Replace(text, "\"(imageID)\":\"[^\"]+\"", "\"$1\":\"<imageID>\"");
        text = Regex.Replace(text, "containerd://[0-9a-f]{64}", "<containerID>");
        text = Regex.Replace(text, "\\b[0-9a-f]{64}\\b", "<containerID>");
        text = Regex.Replace(text, "used: \\d+, capacity: \\d+", "used: <n>, capacity: <n>");
        text = text.Replace("127.0.0.3", "<hostIP>");

        // What containerd 1.6 adds to an error and 2.1 does not.
        text = text.Replace("no such file or directory: unknown", "no such file or directory").Replace("permission denied: unknown", "permission denied");
        text = Regex.Replace(text, "failed to resolve reference (\\\\u0022|\\\\\"|\")([^\\\\\"]+)(\\\\u0022|\\\\\"|\"): ", "failed to resolve image: ");
        foreach (var address in File.ReadLines("/etc/resolv.conf").Where(l => l.StartsWith("nameserver ", StringComparison.Ordinal)).Select(l => l["nameserver ".Length..].Trim()))
        {
            text = text.Replace(address, "<controlIP>");
        }

        if (pod.Status.PodIP.Length > 0)
        {
            text = text.Replace(pod.Status.PodIP, pod.UsesHostNetworkForTests() ? "<hostIP>" : "<podIP>");
        }

        return text.Replace(node.Options.RootDirectory, "/var/lib/kubelet");
    }

    private static string NormalizeLog(string log)
    {
        log = Regex.Replace(log, "\\.\\.[0-9]{4}_[0-9_.]+", "..<time>");
        log = Regex.Replace(log, "[0-9]+ DATE (ca\\.crt|token)$", "SIZE DATE $1", RegexOptions.Multiline);
        log = Regex.Replace(log, "[0-9]+ DATE \\.\\.data -> ", "<n> DATE ..data -> ");

        // The recording has the variables of services sorted, since the kubelet's come in any order.
        var lines = log.Split(log.Contains('\0') && log.StartsWith("PATH=", StringComparison.Ordinal) ? '\0' : '\n');
        var services = lines.Where(l => l.StartsWith("KUBERNETES_", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        var first = Array.FindIndex(lines, l => l.StartsWith("KUBERNETES_", StringComparison.Ordinal));
        for (var i = 0; i < services.Count; i++)
        {
            lines[first + i] = services[i];
        }

        return string.Join('\n', lines);
    }

    [GeneratedRegex("^[0-9]+ s$")]
    private static partial Regex Pause();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")]
    private static partial Regex TimeText();
}
