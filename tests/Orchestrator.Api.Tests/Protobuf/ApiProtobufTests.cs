using System.Text;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Api.Protobuf;

namespace Orchestrator.Api.Tests.Protobuf;

public sealed class ApiProtobufTests
{
    // metadata: name, the texts that are always written, generation 0, an empty creationTimestamp.
    private const string NamedA = "0a016112001a0022002a00320038004200";

    [Fact]
    public void A_config_map_is_written_byte_for_byte_as_Go_writes_it()
    {
        var map = new ConfigMap { Kind = "ConfigMap", ApiVersion = "v1", Metadata = new ObjectMeta { Name = "a" }, Data = new Dictionary<string, string> { ["k"] = "v" } };
        var expected = "0a11" + NamedA + "1206" + "0a016b120176";
        Assert.Equal(expected, Convert.ToHexStringLower(ApiProtobuf.Write(map)));
        Assert.Equal(map with { Kind = "", ApiVersion = "" }, ApiProtobuf.Read(ConfigMap.ApiType, Convert.FromHexString(expected)));
    }

    [Fact]
    public void Inlined_structs_are_messages_and_pointers_are_left_out()
    {
        // Volume: name=1, volumeSource=2 { emptyDir=2 { medium=1 } }.
        var volume = new Volume { Name = "v", EmptyDir = new EmptyDirVolumeSource() };
        Assert.Equal("0a0176" + "1204" + "1202" + "0a00", Convert.ToHexStringLower(ApiProtobuf.Write(volume)));
        Assert.Equal(volume, ApiProtobuf.Read(Volume.ApiType, ApiProtobuf.Write(volume)));
    }

    [Fact]
    public void Times_quantities_and_alternatives_have_their_own_messages()
    {
        var meta = new ObjectMeta { CreationTimestamp = DateTimeOffset.FromUnixTimeSeconds(1) };
        Assert.EndsWith("420408011000", Convert.ToHexStringLower(ApiProtobuf.Write(meta)), StringComparison.Ordinal);
        var port = new ServicePort { Port = 80, TargetPort = "web" };
        Assert.Equal(port, ApiProtobuf.Read(ServicePort.ApiType, ApiProtobuf.Write(port)));
        Assert.Contains("2209" + "0801" + "1000" + "1a03776562", Convert.ToHexStringLower(ApiProtobuf.Write(port)), StringComparison.Ordinal);
        var list = new ResourceRequirements { Limits = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("500m") } };
        Assert.Equal("0a0d" + "0a03637075" + "1206" + "0a043530306d", Convert.ToHexStringLower(ApiProtobuf.Write(list)));
    }

    [Fact]
    public void The_zero_time_is_null_and_an_empty_message()
    {
        var status = ApiJson.Read<PodDisruptionBudgetStatus>("""{"disruptedPods":{"a":null}}"""u8);
        Assert.Contains("""{"a":null}""", status.ToString(), StringComparison.Ordinal);
        var bytes = ApiProtobuf.Write(status);
        Assert.Contains("1205" + "0a0161" + "1200", Convert.ToHexStringLower(bytes), StringComparison.Ordinal);
        Assert.Equal(status, ApiProtobuf.Read(PodDisruptionBudgetStatus.ApiType, bytes));
    }

    [Fact]
    public void An_envelope_names_kind_and_version()
    {
        var bytes = ApiProtobuf.WriteEnvelope(new ConfigMap { Kind = "ConfigMap", ApiVersion = "v1" });
        Assert.StartsWith("6b387300" + "0a0f0a0276311209" + Convert.ToHexStringLower("ConfigMap"u8), Convert.ToHexStringLower(bytes), StringComparison.Ordinal);
        Assert.EndsWith("1a002200", Convert.ToHexStringLower(bytes), StringComparison.Ordinal);
        var envelope = ApiProtobuf.ReadEnvelope(bytes);
        Assert.Equal(("v1", "ConfigMap"), (envelope.ApiVersion, envelope.Kind));
        Assert.Equal(ConfigMap.Empty, ApiProtobuf.Read(ConfigMap.ApiType, envelope.Raw.Span));
    }

    [Fact]
    public void A_watch_frame_is_its_length_and_a_bare_event()
    {
        var frame = ApiProtobuf.WriteWatchFrame("ADDED", new ConfigMap { Kind = "ConfigMap", ApiVersion = "v1" });
        Assert.Equal(frame.Length - 4, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame));
        var watched = (WatchEvent)ApiProtobuf.Read(WatchEvent.ApiType, frame.AsSpan(4));
        Assert.Equal("ADDED", watched.Type);
        Assert.Contains("\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\"", watched.Object!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_type_comes_back_as_it_went()
    {
        foreach (var name in ApiTypes.Names)
        {
            var schema = ApiTypes.Find(name)!;
            var filled = Fill(schema, 3);
            var back = ApiProtobuf.Read(schema, ApiProtobuf.Write(filled));
            Assert.True(filled.Equals(back), $"{name}\n{filled}\n{back}");
        }
    }

    [Fact]
    public void Unknown_fields_are_skipped_and_broken_messages_refused()
    {
        var bytes = ApiProtobuf.Write(new LocalObjectReference { Name = "x" });
        Assert.Equal("x", ((LocalObjectReference)ApiProtobuf.Read(LocalObjectReference.ApiType, [.. bytes, 0xfa, 0x01, 1, 7])).Name);
        Assert.Throws<ApiDecodeException>(() => ApiProtobuf.Read(LocalObjectReference.ApiType, [0x0a, 9, 1]));
        Assert.Throws<ApiDecodeException>(() => ApiProtobuf.Read(LocalObjectReference.ApiType, [0x08, 9]));
        Assert.Equal("empty data", Assert.Throws<ApiDecodeException>(() => ApiProtobuf.ReadEnvelope(Array.Empty<byte>())).Message);
        Assert.StartsWith("provided data does not appear", Assert.Throws<ApiDecodeException>(() => ApiProtobuf.ReadEnvelope("{}"u8.ToArray())).Message, StringComparison.Ordinal);
    }

    /// <summary>A value with every field that protobuf carries set, a few levels deep.</summary>
    private static ApiStruct Fill(StructSchema schema, int depth)
    {
        var json = new StringBuilder("{");
        if (schema.TypeName.StartsWith("JSONSchemaPropsOr", StringComparison.Ordinal))
        {
            return ApiJson.Read(schema, schema.TypeName == "JSONSchemaPropsOrBool" ? "true"u8 : schema.TypeName == "JSONSchemaPropsOrArray" ? "[{\"title\":\"t\"}]"u8 : "[\"x\"]"u8);
        }

        var hasTypeMeta = schema.FieldCount > 2 && schema.FieldList[0].Name == "kind" && schema.FieldList[1].Name == "apiVersion" && schema.FieldList.Skip(2).Any(f => f.ProtoTags is [1 or 2, ..]);
        foreach (var field in schema.FieldList.Skip(hasTypeMeta ? 2 : 0).Where(f => f.ProtoTags.Length > 0))
        {
            if (field.Kind == FieldKind.Struct && depth == 0)
            {
                continue;
            }

            var value = field.Kind switch
            {
                FieldKind.String => "\"text\"",
                FieldKind.Bool => "true",
                FieldKind.Int32 => "-7",
                FieldKind.Int64 => "5000000000",
                FieldKind.Double => "1.5",
                FieldKind.Bytes => "\"AAEC\"",
                FieldKind.Time => "\"2024-01-02T03:04:05Z\"",
                FieldKind.MicroTime => "\"2024-01-02T03:04:05.000006Z\"",
                FieldKind.Duration => "\"1h0m1.5s\"",
                FieldKind.Quantity => "\"1500Mi\"",
                FieldKind.IntOrString => "\"25%\"",
                FieldKind.Raw => "{\"a\":[1,\"b\"]}",
                _ => Encoding.UTF8.GetString(ApiJson.WriteToArray(Fill(field.Struct!, depth - 1))),
            };
            value = field.Shape switch
            {
                FieldShape.List => "[" + value + "," + value + "]",
                FieldShape.Map => "{\"a\":" + value + ",\"b\":" + value + "}",
                FieldShape.MapOfLists => "{\"a\":[\"x\",\"y\"]}",
                _ => value,
            };
            json.Append(json.Length > 1 ? "," : "").Append('"').Append(field.Name).Append("\":").Append(value);
        }

        return ApiJson.Read(schema, Encoding.UTF8.GetBytes(json.Append('}').ToString()));
    }

    [Theory]
    [InlineData("0C", "proto: ConfigMap: wiretype end group for non-group")]
    [InlineData("08", "proto: wrong wireType = 0 for field ObjectMeta")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01", "proto: negative length found during unmarshaling")]
    [InlineData("5B0801", "unexpected EOF")]
    public void Broken_messages_are_told_as_upstreams_generated_code_tells_them(string hex, string message) =>
        Assert.Equal(message, Assert.Throws<ApiDecodeException>(() => ApiProtobuf.Read(ApiTypes.FindKind("v1", "ConfigMap")!, Convert.FromHexString(hex))).Message);

    [Fact]
    public void Groups_are_skipped() => ApiProtobuf.Read(ApiTypes.FindKind("v1", "ConfigMap")!, Convert.FromHexString("5B08015B5C5C"));
}
