using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;
using Orchestrator.ApiServer.Tests.Apply;
using Orchestrator.ApiServer.Tests.Recorded;

namespace Orchestrator.ApiServer.Tests.Patch;

/// <summary>Patches and applies of the recorded scenarios, each on the recorded state before it; the answers' content, owners and refusals must be the recorded ones.</summary>
public sealed partial class PatchGoldenTests
{
    /// <summary>Steps that take more than a patch: uids that were recorded as placeholders, other versions, the rules of a kind.</summary>
    private static readonly HashSet<string> NeedMore =
    [
        "patches/smp-finalizers-owners s8", "patches/smp-finalizers-owners s9", "patches/smp-finalizers-owners s10", "patches/smp-finalizers-owners s11",
        "apply/owner-references s1", "apply/owner-references s2", "apply/owner-references s3", "apply/owner-references s4",
        "apply/other-version s2", "apply/other-version s3", "apply/other-version s5", "apply/rv-uid s9", "apply/scale s6",
        "apply/body-errors s8", "apply/body-errors s11", "crud/other-version s3", "crud/secret-data s3", "subresources/status-metadata s4",
    ];

    [Theory]
    [InlineData("patches")]
    [InlineData("apply")]
    [InlineData("subresources")]
    [InlineData("crud")]
    public void Patches_make_what_upstream_makes(string theme)
    {
        var (compared, differing) = (0, new List<string>());
        foreach (var (scenario, steps) in GoldenScenarios.Scenarios(theme))
        {
            var objects = new Dictionary<string, ApiObject>();
            foreach (var step in steps)
            {
                var answer = step.Status < 300 && step.Answer.ValueKind == System.Text.Json.JsonValueKind.Object ? ManagedFieldsGoldenTests.Read(step.Answer) : null;
                var path = step.Method == "POST" && answer is not null ? step.Path + "/" + answer.Metadata.Name : step.Path;
                var subresource = path.EndsWith("/status", StringComparison.Ordinal) ? "status" : "";
                var key = subresource.Length > 0 ? path[..^"/status".Length] : path;
                objects.TryGetValue(key, out var current);
                if (step.Method == "PATCH" && !NeedMore.Contains(scenario + " " + step.Id) && !step.Body!.Contains("${", StringComparison.Ordinal) && (current is not null || step.ContentType.Contains("apply", StringComparison.Ordinal))
                    && !path.EndsWith("/scale", StringComparison.Ordinal) && step.Status is not (404 or 413 or 415) && !step.Message.Contains("Options.meta", StringComparison.Ordinal))
                {
                    compared++;
                    if (Differs(step, current, answer, subresource) is { } difference)
                    {
                        differing.Add($"{scenario} {step.Id}: {difference}");
                    }
                }

                if (answer is not null && step.Parameter("dryRun").Length == 0 && answer.Kind is not ("Scale" or "PartialObjectMetadata"))
                {
                    objects[key] = answer;
                }
            }
        }

        Assert.True(differing.Count == 0 && compared > 0, $"{differing.Count} of {compared} differ:\n" + string.Join("\n", differing));
    }

    private static string? Differs(GoldenStep step, ApiObject? current, ApiObject? answer, string subresource)
    {
        var live = current ?? Empty(step, answer);
        if (live is null)
        {
            return null;
        }

        ApiObject result;
        try
        {
            result = Patched(step, live, current is null, subresource);
        }
        catch (ApiDecodeException)
        {
            return answer is null ? null : "not read";
        }
        catch (ApiException refusal)
        {
            var expected = answer is null ? Normal(step.Message) : "success";
            var actual = Normal(refusal.Message);
            return expected == actual ? null : $"refused\n    expected {expected}\n    actual   {actual}";
        }

        if (answer is null)
        {
            // Refusals of validation, of immutable fields, of names come from elsewhere.
            return step.Status is 500 || step.Message.StartsWith("Apply failed", StringComparison.Ordinal) || step.Message.Contains("\"patch\"", StringComparison.Ordinal)
                ? $"taken\n    expected {step.Message}" : null;
        }

        if (ManagedFieldsGoldenTests.Normal(answer.Metadata.ManagedFields) is var owners && ManagedFieldsGoldenTests.Normal(result.Metadata.ManagedFields) is var mine && owners != mine)
        {
            return $"owners\n    expected {owners}\n    actual   {mine}";
        }

        var (wanted, got) = (Content(answer, subresource), Content(result, subresource));
        return wanted == got ? null : $"content\n    expected {wanted}\n    actual   {got}";
    }

    private static ApiObject Patched(GoldenStep step, ApiObject live, bool creates, string subresource)
    {
        var context = ManagedFieldsGoldenTests.Context(step, live, subresource) with { Manager = step.Parameter("fieldManager") };
        var patch = new ObjectPatch(step.Parameter("fieldValidation") is { Length: > 0 } given ? given : "Warn", []);
        var body = Encoding.UTF8.GetBytes(step.Body!);
        if (step.ContentType.StartsWith("application/apply-patch", StringComparison.Ordinal))
        {
            var config = ApiJson.ReadValue(YamlText.ToJson(body, strict: false, out _)) as IApiMap ?? new ApiMap<object?>();
            var applied = ServerSideApply.Apply(live, config, live.Kind, step.Parameter("force") == "true", context);
            Defaulting.Apply(applied);
            return applied;
        }

        var result = step.ContentType switch
        {
            "application/json-patch+json" => patch.ApplyJsonPatch(live, body),
            "application/merge-patch+json" => patch.ApplyMergePatch(live, body),
            _ => patch.ApplyStrategicMergePatch(live, body),
        };
        Defaulting.Apply(result);
        ManagedFields.OnUpdate(result, live, context);
        return result;
    }

    private static ApiObject? Empty(GoldenStep step, ApiObject? answer)
    {
        if (answer is not null)
        {
            var obj = (ApiObject)answer.TypeSchema.Create();
            obj.Slots[ApiObject.KindSlot] = answer.Kind;
            obj.Slots[ApiObject.ApiVersionSlot] = answer.ApiVersion;
            return obj;
        }

        var resource = ResourceTable.All.FirstOrDefault(r => step.Path.StartsWith(r.BasePath + "/", StringComparison.Ordinal) && step.Path.Split('/')[^2] == r.Resource);
        return resource is null || ApiTypes.FindKind(resource.ApiVersion, resource.Kind) is not { } schema ? null : new Func<ApiObject>(() =>
        {
            var obj = (ApiObject)schema.Create();
            obj.Slots[ApiObject.KindSlot] = resource.Kind;
            obj.Slots[ApiObject.ApiVersionSlot] = resource.ApiVersion;
            return obj;
        })();
    }

    /// <summary>What the patch is responsible for: labels and annotations, and the part that this path writes.</summary>
    private static string Content(ApiObject obj, string subresource)
    {
        var copy = obj.DeepCopy();
        var metadata = copy.Own<ObjectMeta>(ApiObject.MetadataSlot);
        foreach (var slot in new[] { ObjectMeta.Fields.Name, ObjectMeta.Fields.Namespace, ObjectMeta.Fields.Uid, ObjectMeta.Fields.ResourceVersion, ObjectMeta.Fields.Generation, ObjectMeta.Fields.CreationTimestamp, ObjectMeta.Fields.ManagedFields, ObjectMeta.Fields.SelfLink })
        {
            metadata.Slots[slot] = null;
        }

        if (copy.TypeSchema.Find(subresource == "status" ? "spec" : "status") is { } other)
        {
            copy.Slots[other.Ordinal] = null;
        }

        return copy.ToString();
    }

    private static string Normal(string message) => Stamp().Replace(
        message.Replace("\\\\u003c", "<", StringComparison.Ordinal).Replace("\\\\u003e", ">", StringComparison.Ordinal), "<time>");

    [GeneratedRegex("2025-01-01T00:00:00Z")]
    private static partial Regex Stamp();
}
