using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Conversions;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>
/// Takes the recorded creates and updates through decoding, defaults, strategy and validation, without server or store: the object before
/// an update is the one last recorded. What admission and storage would add is not looked at.
/// </summary>
internal sealed partial class RulesReplay
{
    private static readonly UserInfo Admin = new() { Name = "admin", Uid = "1", Groups = ["system:masters", "system:authenticated"] };
    private readonly Dictionary<string, JsonNode> _answers = [];
    private readonly Dictionary<string, JsonNode> _objects = [];

    public int Compared { get; private set; }

    public List<string> Differences { get; } = [];

    public void Run(string name, JsonNode scenario)
    {
        _answers.Clear();
        _objects.Clear();
        foreach (var step in scenario["steps"]!.AsArray())
        {
            var id = (string)step!["id"]!;
            if (RecordedStep.Read(step, Resolve) is { } recorded)
            {
                try
                {
                    Compare(name + " " + id, recorded);
                }
                catch (Exception e) when (e is not (ApiDecodeException or ApiException))
                {
                    Differences.Add($"{name} {id}: {e}");
                }
                catch (Exception e) when (e is ApiDecodeException or ApiException)
                {
                }
            }

            Remember(id, step);
        }
    }

    private void Remember(string id, JsonNode step)
    {
        if (step["response"]!["body"] is not JsonObject body)
        {
            return;
        }

        var live = Materialize(body)!;
        _answers[id] = live;
        var request = step["request"]!;
        var path = Resolve((string)request["path"]!);
        if ((int)step["response"]!["status"]! < 300 && RecordedStep.Address.Read(path) is { } address && path.Contains("dryRun", StringComparison.Ordinal) == false
            && (string?)live["kind"] == address.Resource.Kind && (string?)live["apiVersion"] == address.Resource.ApiVersion)
        {
            var name = address.Name.Length > 0 ? address.Name : (string?)live["metadata"]?["name"] ?? "";
            _objects[address.Resource.GroupResource + "/" + (string?)live["metadata"]?["namespace"] + "/" + name] = live;
        }
    }

    private void Compare(string where, RecordedStep step)
    {
        if (StrategyTable.Find(step.Resource.Group, step.Resource.Resource, step.Subresource) is not { } strategy
            || ApiTypes.FindKind(step.Resource.ApiVersion, step.Resource.Kind) is not { } schema
            || (string?)step.Body["kind"] is { } kind && kind != step.Resource.Kind
            || step.Status == 422 && (string?)step.Answer["details"]?["kind"] != step.Resource.Kind
            || step.IsCreate && (step.Subresource.Length > 0 || step.Name.Length > 0))
        {
            return;
        }

        var key = step.Resource.GroupResource + "/" + (step.Resource.Namespaced ? step.Namespace : "") + "/" + step.Name;
        var body = step.Body;
        if (step.Method == "PATCH")
        {
            if (!_objects.TryGetValue(key, out var patched))
            {
                return;
            }

            body = Merge(patched.DeepClone(), body)!;
        }

        var obj = (ApiObject)ApiJson.Read(schema, Encoding.UTF8.GetBytes(body.ToJsonString()));
        Defaulting.Apply(obj);
        obj = VersionConversion.ToStored(obj);
        var context = new StrategyContext { User = Admin, Time = TimeProvider.System };
        var errors = new FieldErrorList();
        var meta = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        meta.Set(ObjectMeta.Fields.Namespace, step.Resource.Namespaced ? step.Namespace : null);
        meta.Set(ObjectMeta.Fields.ManagedFields, null);
        if (step.IsCreate || (!_objects.ContainsKey(key) && strategy.AllowCreateOnUpdate && step.Status == 201))
        {
            PrepareMetadataForCreate(meta);
            strategy.PrepareForCreate(obj, context);
            Admission.Simulate(obj);
            strategy.Validate(obj, errors);
            strategy.Warnings(obj, null, context);
        }
        else if (_objects.TryGetValue(key, out var before))
        {
            var old = (ApiObject)ApiJson.Read(schema, Encoding.UTF8.GetBytes(before.ToJsonString()));
            Defaulting.Apply(old);
            old = VersionConversion.ToStored(old);
            old.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.ManagedFields, null);
            PrepareMetadataForUpdate(meta, old.Metadata, strategy);
            strategy.PrepareForUpdate(obj, old, context);
            Admission.Simulate(obj, old);
            strategy.ValidateUpdate(obj, old, errors);
            strategy.Warnings(obj, old, context);
        }
        else
        {
            return;
        }

        Compared++;
        if (step.Status == 422)
        {
            var expected = step.Answer["details"]!["causes"]?.AsArray().Select(static c => $"{(string?)c!["reason"]}|{(string?)c["field"]}|{(string?)c["message"]}").ToArray() ?? [];
            var actual = errors.Select(static e => $"{e.Reason}|{e.Field}|{e.Body}").ToArray();
            var rest = actual.ToList();
            var missing = expected.Where(e => rest.FindIndex(a => Matches(e, a)) is var i && (i < 0 || !TakeAt(rest, i))).ToArray();
            if (missing.Length > 0 || rest.Count > 0)
            {
                Differences.Add($"{where}: causes\n{string.Concat(missing.Select(static m => "    - " + m + "\n"))}{string.Concat(rest.Select(static m => "    + " + m + "\n"))}");
            }
        }
        else if (errors.Count > 0)
        {
            Differences.Add($"{where}: accepted by upstream\n{string.Concat(errors.Select(static e => "    + " + e + "\n"))}");
        }
        else
        {
            strategy.Canonicalize(obj);
            var answer = JsonNode.Parse(ApiJson.WriteToArray(VersionConversion.FromStored(obj, schema)))!;
            Admission.Strip(answer);
            var expected = step.Answer.DeepClone();
            Admission.Strip(expected);
            var differences = new List<string>();
            Differ("", expected, answer, differences);
            if (differences.Count > 0)
            {
                Differences.Add($"{where}: object\n{string.Concat(differences.Take(12).Select(static d => "    " + d + "\n"))}");
            }
        }

        if (step.Status != 422)
        {
            CompareWarnings(where, step, context);
        }
    }

    private void CompareWarnings(string where, RecordedStep step, StrategyContext context)
    {
        var expected = step.Warning.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static w => Regex.Unescape(w["299 - \"".Length..^1]))
            .Where(static w => !w.StartsWith("unknown field", StringComparison.Ordinal) && !w.StartsWith("duplicate field", StringComparison.Ordinal)
                && !w.StartsWith("would violate PodSecurity", StringComparison.Ordinal) && !w.StartsWith("child pods", StringComparison.Ordinal)).ToList();
        var rest = context.Warnings.Distinct().ToList();
        var missing = expected.Where(e => rest.FindIndex(a => Matches(e, a)) is var i && (i < 0 || !TakeAt(rest, i))).ToArray();
        if (missing.Length > 0 || rest.Count > 0)
        {
            Differences.Add($"{where}: warnings\n{string.Concat(missing.Select(static m => "    - " + m + "\n"))}{string.Concat(rest.Select(static m => "    + " + m + "\n"))}");
        }
    }

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var result = target as JsonObject ?? [];
        foreach (var (key, value) in changes)
        {
            if (value is null)
            {
                result.Remove(key);
            }
            else
            {
                result[key] = Merge(result[key]?.DeepClone(), value);
            }
        }

        return result;
    }

    private static bool TakeAt(List<string> list, int index)
    {
        list.RemoveAt(index);
        return true;
    }

    private static void PrepareMetadataForCreate(ObjectMeta meta)
    {
        if (meta.Name.Length == 0 && meta.GenerateName.Length > 0)
        {
            meta.Set(ObjectMeta.Fields.Name, meta.GenerateName[..Math.Min(58, meta.GenerateName.Length)] + "abcde");
        }

        meta.Set(ObjectMeta.Fields.Uid, "11111111-2222-3333-4444-555555555555");
        meta.Set(ObjectMeta.Fields.CreationTimestamp, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        meta.Set(ObjectMeta.Fields.DeletionTimestamp, null);
        meta.Set(ObjectMeta.Fields.DeletionGracePeriodSeconds, null);
        meta.Set(ObjectMeta.Fields.SelfLink, null);
    }

    private static void PrepareMetadataForUpdate(ObjectMeta meta, ObjectMeta old, ResourceStrategy strategy)
    {
        if (meta.ResourceVersion.Length == 0 && strategy.AllowUnconditionalUpdate)
        {
            meta.Set(ObjectMeta.Fields.ResourceVersion, old.ResourceVersion);
        }

        if (meta.Uid.Length == 0)
        {
            meta.Set(ObjectMeta.Fields.Uid, old.Uid);
        }

        meta.Set(ObjectMeta.Fields.CreationTimestamp, old.CreationTimestamp);
        if (meta.DeletionTimestamp is null)
        {
            meta.Set(ObjectMeta.Fields.DeletionTimestamp, old.DeletionTimestamp);
            meta.Default(ObjectMeta.Fields.DeletionGracePeriodSeconds, old.DeletionGracePeriodSeconds ?? (object)0L);
            if (old.DeletionGracePeriodSeconds is null && meta.DeletionGracePeriodSeconds == 0)
            {
                meta.Set(ObjectMeta.Fields.DeletionGracePeriodSeconds, null);
            }
        }

        meta.Set(ObjectMeta.Fields.Generation, old.Generation);
        meta.Set(ObjectMeta.Fields.SelfLink, null);
    }

    /// <summary>A recorded answer as it was live: placeholders become values of their kind.</summary>
    private static JsonNode? Materialize(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Select(static p => KeyValuePair.Create(p.Key, p.Key is "nodePort" or "healthCheckNodePort" && p.Value is JsonValue v && v.TryGetValue<string>(out _) ? 30100 : Materialize(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Materialize)]),
        JsonValue v when v.TryGetValue<string>(out var s) => s switch
        {
            "<time>" => "2026-01-01T00:00:00Z",
            "<uid>" => "11111111-2222-3333-4444-555555555555",
            "<rv>" => "1",
            "<clusterIP>" => "10.96.0.5",
            _ => s,
        },
        _ => node?.DeepClone(),
    };

    private static bool Matches(string expected, string actual) => expected == actual
        || (expected.Contains('<', StringComparison.Ordinal) && Regex.IsMatch(actual, "^" + Placeholder().Replace(Regex.Escape(expected), ".*") + "$", RegexOptions.Singleline));

    private static void Differ(string path, JsonNode? expected, JsonNode? actual, List<string> differences)
    {
        switch (expected, actual)
        {
            case (JsonObject e, JsonObject a):
                foreach (var key in e.Select(static p => p.Key).Union(a.Select(static p => p.Key)))
                {
                    if (!(path == "/metadata" && key is "managedFields" or "resourceVersion"))
                    {
                        if (!e.ContainsKey(key) || !a.ContainsKey(key))
                        {
                            differences.Add($"{path}/{key}: expected {(e.ContainsKey(key) ? e[key]?.ToJsonString() ?? "null" : "nothing")}, got {(a.ContainsKey(key) ? a[key]?.ToJsonString() ?? "null" : "nothing")}");
                        }
                        else
                        {
                            Differ(path + "/" + key, e[key], a[key], differences);
                        }
                    }
                }

                break;
            case (JsonArray e, JsonArray a) when e.Count == a.Count:
                for (var i = 0; i < e.Count; i++)
                {
                    Differ(path + "/" + i, e[i], a[i], differences);
                }

                break;
            default:
                if (!JsonNode.DeepEquals(expected, actual) && !Matches((expected as JsonValue)?.ToString() ?? "", (actual as JsonValue)?.ToString() ?? "<>"))
                {
                    differences.Add($"{path}: expected {expected?.ToJsonString() ?? "null"}, got {actual?.ToJsonString() ?? "null"}");
                }

                break;
        }
    }

    private string Resolve(string text) => Reference().Replace(text, match =>
    {
        JsonNode? node = _answers.GetValueOrDefault(match.Groups[1].Value);
        foreach (var part in match.Groups[2].Value.Split('.'))
        {
            node = node is JsonArray list ? list[int.Parse(part)] : node?[part];
        }

        return node?.ToString() ?? "";
    });

    [GeneratedRegex(@"\$\{([\w-]+)\.([\w.\-/]+)\}")]
    private static partial Regex Reference();

    [GeneratedRegex("<[a-zA-Z]+>")]
    private static partial Regex Placeholder();
}
