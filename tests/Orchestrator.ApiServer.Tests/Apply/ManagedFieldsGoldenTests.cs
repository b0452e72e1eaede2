using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Tests.Recorded;

namespace Orchestrator.ApiServer.Tests.Apply;

/// <summary>
/// Field ownership against recorded answers: the state before each step is the answer of an earlier one, the content after it is the answer's own,
/// so that only the bookkeeping is under test.
/// </summary>
public sealed partial class ManagedFieldsGoldenTests
{
    private static readonly DateTimeOffset Now = new(2031, 5, 1, 8, 0, 0, TimeSpan.Zero);

    private static readonly string[] Themes =
    [
        "apply", "crud", "defaults", "patches", "subresources", "lists", "deletion", "kinds_apps", "kinds_batch", "kinds_cluster", "kinds_core",
        "kinds_network", "kinds_policy", "kinds_storage", "kinds_pod",
    ];

    /// <summary>Scenarios whose answers lack what the request had, or have what came by a delete: the books were kept on other content than the answer's.</summary>
    private static readonly HashSet<string> OtherContent =
    [
        "crud/metadata-names", "crud/put-missing-allowed", "deletion/pod-graceful-update", "deletion/propagation-change", "deletion/pvc", "kinds_apps/replicationcontroller",
        "kinds_apps/statefulset-errors", "kinds_core/limitrange", "kinds_network/service-update-ports", "kinds_network/service-update", "kinds_storage/pv", "kinds_storage/pvc",
        "kinds_pod/delete-graceful", "kinds_pod/ephemeral-containers", "kinds_pod/lifecycle", "kinds_pod/runtime-class", "kinds_pod/service-account",
    ];

    /// <summary>Path prefixes that are set behind the field manager's back: by admission, allocation, and the kinds' own rules.</summary>
    private static readonly string[] ServerSet =
    [
        ".metadata.finalizers", ".metadata.labels.kubernetes.io/metadata.name", ".spec.preemptionPolicy", ".spec.priority", ".spec.serviceAccount", ".spec.tolerations",
        ".spec.volumes", ".spec.containers", ".spec.taints", ".spec.clusterIP", ".spec.ipFamil", ".spec.ports", ".spec.healthCheckNodePort", ".spec.storageClassName",
        ".spec.template", ".spec.selector", ".spec.uid", ".spec.groups", ".spec.username", ".status",
    ];

    [Fact]
    public void Writes_give_fields_the_owners_that_upstream_gives_them()
    {
        var (compared, differing) = (0, new List<string>());
        foreach (var (scenario, steps) in GoldenScenarios.Scenarios(Themes))
        {
            if (OtherContent.Contains(scenario))
            {
                continue;
            }

            var objects = new Dictionary<string, ApiObject>();
            foreach (var step in steps)
            {
                if (step.Method == "DELETE" || step.Parameter("dryRun").Length > 0 || step.Answer.ValueKind != JsonValueKind.Object || Read(step.Answer) is not { } answer
                    || answer.Kind is "Status" or "PartialObjectMetadata" or "Scale" or "Table" || step.Status >= 300)
                {
                    continue;
                }

                var subresource = Subresource(step, answer);
                var key = answer.Kind + "/" + answer.Metadata.Namespace + "/" + answer.Metadata.Name;
                objects.TryGetValue(key, out var old);
                objects[key] = answer;
                if (answer.Kind is "Job" or "CronJob" or "TokenRequest" or "Namespace" || scenario.Contains("owners", StringComparison.Ordinal) || scenario.EndsWith("other-version", StringComparison.Ordinal)
                    || (step.Method == "PUT" && step.Status == 201))
                {
                    // Rules that fill in behind the field manager's back, uids recorded as placeholders, conversions, and creates by PUT.
                    continue;
                }

                if (subresource is null || step.Method is "GET" || (old is null && step.Status != 201) || (old is not null && step.Status == 201)
                    || (old is not null && old.ApiVersion != answer.ApiVersion))
                {
                    continue;
                }

                var expected = Normal(answer.Metadata.ManagedFields);
                string actual;
                if (step.ContentType.StartsWith("application/apply-patch", StringComparison.Ordinal) || Given(step))
                {
                    continue;
                }

                var obj = answer.DeepCopy();
                obj.Metadata.Slots[ObjectMeta.Fields.ManagedFields] = null;
                var context = Context(step, answer, subresource);
                if (old is null)
                {
                    ManagedFields.OnCreate(obj, context);
                }
                else
                {
                    ManagedFields.OnUpdate(obj, old, context);
                }

                actual = Normal(obj.Metadata.ManagedFields);
                compared++;
                if (actual != expected && !Explained(answer, answer.Metadata.ManagedFields, obj.Metadata.ManagedFields))
                {
                    differing.Add($"{scenario} {step.Id} {answer.Kind}\n  expected {expected}\n  actual   {actual}");
                }
            }
        }

        Assert.True(differing.Count == 0, $"{differing.Count} of {compared} differ:\n" + string.Join("\n", differing.Take(25)));
    }

    internal static WriteContext Context(GoldenStep step, ApiObject obj, string subresource)
    {
        var resource = ResourceTable.Find(obj.ApiVersion, obj.Kind);
        var manager = step.Parameter("fieldManager");
        return new WriteContext
        {
            Manager = manager.Length > 0 ? manager : "unknown",
            ApiVersion = obj.ApiVersion,
            Subresource = subresource,
            Type = ApplyTypes.Of(obj.TypeSchema),
            Reset = resource is null
                ? subresource == "status" ? ResetFields.AllButStatus : ResetFields.None
                : ResetFields.Of(resource.GroupResource, subresource, resource.Subresources.Any(static s => s.Name == "status")),
            Now = Now,
        };
    }

    internal static ApiObject? Read(JsonElement element)
    {
        if (!element.TryGetProperty("kind", out var kind) || !element.TryGetProperty("apiVersion", out var version) || !element.TryGetProperty("metadata", out _))
        {
            return null;
        }

        // Recorded times and addresses are placeholders; something that reads must stand in for them.
        var text = element.GetRawText().Replace("\"<time>\"", "\"2025-01-01T00:00:00Z\"", StringComparison.Ordinal);
        text = Micro().Replace(text, "\"$1\": \"2025-01-01T00:00:00.000000Z\"").Replace("\"<nodePort>\"", "30000", StringComparison.Ordinal);
        var schema = ApiTypes.FindKind(version.GetString()!, kind.GetString()!) ?? CustomObject.ApiType;
        try
        {
            return ApiJson.Read(schema, Encoding.UTF8.GetBytes(text)) as ApiObject;
        }
        catch (ApiDecodeException)
        {
            return null;
        }
    }

    /// <summary>Entries as texts without times, in one order.</summary>
    internal static string Normal(ApiList<ManagedFieldsEntry> entries) =>
        string.Join("\n    ", entries.Select(static e => $"{e.Manager}|{e.Operation}|{e.ApiVersion}|{e.Subresource}|{e.FieldsV1}").Order(StringComparer.Ordinal));

    /// <summary>"" for the object itself; null for requests that are no writes of the object.</summary>
    internal static string? Subresource(GoldenStep step, ApiObject obj)
    {
        var parts = step.Path.Trim('/').Split('/');
        var resource = ResourceTable.Find(obj.ApiVersion, obj.Kind)?.Resource ?? parts.LastOrDefault(p => p.Length > 0) ?? "";
        if (step.Method == "POST")
        {
            return parts[^1] == resource || ResourceTable.Find(obj.ApiVersion, obj.Kind) is null ? "" : null;
        }

        return parts[^1] == obj.Metadata.Name ? "" : parts.Length > 1 && parts[^2] == obj.Metadata.Name ? parts[^1] : null;
    }

    private static bool Given(GoldenStep step) => step.Body?.Contains("managedFields", StringComparison.Ordinal) == true;

    /// <summary>Only extra fields that the server itself adds after it has kept its books: admission, allocation, the resource's own rules.</summary>
    private static bool Explained(ApiObject answer, ApiList<ManagedFieldsEntry> expected, ApiList<ManagedFieldsEntry> actual)
    {
        foreach (var entry in actual)
        {
            var other = expected.FirstOrDefault(e => e.Manager == entry.Manager && e.Operation == entry.Operation && e.Subresource == entry.Subresource);
            var extra = FieldSet.Parse(entry.FieldsV1!).Difference(other is null ? null : FieldSet.Parse(other.FieldsV1!));
            if (extra.Paths().Any(p => !ServerSet.Any(s => p.StartsWith(s, StringComparison.Ordinal))))
            {
                return false;
            }
        }

        return expected.All(e => actual.FirstOrDefault(a => a.Manager == e.Manager && a.Operation == e.Operation && a.Subresource == e.Subresource) is { } mine
            && FieldSet.Parse(e.FieldsV1!).Difference(FieldSet.Parse(mine.FieldsV1!)).IsEmpty);
    }

    [GeneratedRegex("\"(renewTime|acquireTime|eventTime)\": \"2025-01-01T00:00:00Z\"")]
    private static partial Regex Micro();
}
