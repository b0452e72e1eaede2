using System.Diagnostics;
using System.Globalization;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Protobuf;
using Orchestrator.Api.Selectors;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.Benchmarks.Patch;

/// <summary>Microseconds and bytes allocated per operation on a pod of about 3 KB: patches, managedFields, apply, selectors, and both encodings.</summary>
internal static class PatchBenchmark
{
    private static readonly DateTimeOffset Now = new(2031, 5, 1, 8, 0, 0, TimeSpan.Zero);

    public static void Run()
    {
        var pod = ApiJson.Read<Pod>(SamplePod.Json("web-0"));
        var json = ApiJson.WriteToArray(pod);
        var protobuf = ApiProtobuf.Write(pod);
        var context = new WriteContext
        {
            Manager = "bench",
            ApiVersion = "v1",
            Type = ApplyTypes.Of(Pod.ApiType),
            Reset = ResetFields.Of("pods", "", hasStatus: true),
            Now = Now,
        };
        var status = context with { Subresource = "status", Reset = ResetFields.Of("pods", "status", hasStatus: true) };
        var owned = pod.DeepCopy();
        ManagedFields.OnCreate(owned, context);
        var mergePatch = """{"metadata":{"labels":{"changed":"yes"}},"spec":{"activeDeadlineSeconds":30}}"""u8.ToArray();
        var statusPatch = """{"status":{"$setElementOrder/conditions":[{"type":"Ready"},{"type":"PodScheduled"}],"conditions":[{"type":"Ready","status":"True"}],"phase":"Running"}}"""u8.ToArray();
        var jsonPatch = """[{"op":"replace","path":"/spec/containers/0/image","value":"nginx:2"}]"""u8.ToArray();
        var config = (IApiMap)ApiJson.ReadValue("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-0","labels":{"tier":"front"}},"spec":{"containers":[{"name":"c0","image":"registry/app:2"}]}}"""u8)!;
        var applied = ServerSideApply.Apply(owned, config, "Pod", force: true, context with { Manager = "applier" });
        var patch = new ObjectPatch("Warn", []);
        Console.WriteLine($"pod: {json.Length} bytes of JSON, {protobuf.Length} of protobuf, {owned.Metadata.ManagedFields[0].FieldsV1!.Utf8.Length} of fields");
        Measure("read JSON", () => ApiJson.Read(Pod.ApiType, json));
        Measure("write JSON", () => ApiJson.WriteToArray(pod));
        Measure("read protobuf", () => ApiProtobuf.Read(Pod.ApiType, protobuf));
        Measure("write protobuf", () => ApiProtobuf.Write(pod));
        Measure("deep copy", () => pod.DeepCopy());
        Measure("merge patch", () => patch.ApplyMergePatch(owned, mergePatch));
        Measure("strategic merge patch of the status", () => patch.ApplyStrategicMergePatch(owned, statusPatch));
        Measure("JSON patch", () => patch.ApplyJsonPatch(owned, jsonPatch));
        Measure("fields of a new pod", () => CreatedFields.Write(context.Type, pod, context.Reset));
        var changed = patch.ApplyStrategicMergePatch(owned, statusPatch);
        var given = changed.Metadata.ManagedFields;
        Measure("managedFields of a status patch", () =>
        {
            changed.Metadata.Slots[Orchestrator.Api.Meta.V1.ObjectMeta.Fields.ManagedFields] = given;
            ManagedFields.OnUpdate(changed, owned, status);
            return changed;
        });
        Measure("apply, nothing new", () => ServerSideApply.Apply(applied, config, "Pod", force: false, context with { Manager = "applier" }));
        var labels = LabelMatcher.Parse("app in (api,web),tier!=back,!canary");
        var table = new FieldSelectorTable(Pod.Resource);
        var fields = FieldSelector.Parse("spec.nodeName=node-7,status.phase!=Failed", table);
        Measure("select by labels", () => labels.Matches(pod.Metadata.Labels) ? pod : null);
        Measure("select by fields", () => fields.Matches(pod, table) ? pod : null);
        Measure("apply, first", () => ServerSideApply.Apply(owned, config, "Pod", force: true, context with { Manager = "applier" }));
    }

    private static void Measure(string name, Func<object?> operation)
    {
        for (var i = 0; i < 2000; i++)
        {
            operation();
        }

        const int Rounds = 5000;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Rounds; i++)
        {
            operation();
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-40}{elapsed.TotalMicroseconds / Rounds,10:F1} us{allocated / Rounds,10} B"));
    }
}
