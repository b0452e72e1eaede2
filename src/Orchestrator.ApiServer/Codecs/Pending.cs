using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Registry;
using System.Text.Json;
namespace Orchestrator.Api.Protobuf
{
    internal readonly record struct Envelope(string ApiVersion, string Kind, ReadOnlyMemory<byte> Raw);
    internal static class ApiProtobuf
    {
        public static byte[] WriteEnvelope(ApiStruct o) => throw Orchestrator.ApiServer.Machinery.Errors.UnsupportedMediaType("not yet served");
        public static Envelope ReadEnvelope(byte[] b) => throw Orchestrator.ApiServer.Machinery.Errors.UnsupportedMediaType("not yet served");
        public static ApiStruct Read(StructSchema s, ReadOnlySpan<byte> b) => throw Orchestrator.ApiServer.Machinery.Errors.UnsupportedMediaType("not yet served");
        public static byte[] WriteListEnvelope(string a, string k, ListMeta m, List<ApiObject> o) => throw Orchestrator.ApiServer.Machinery.Errors.UnsupportedMediaType("not yet served");
        public static byte[] WriteWatchFrame(string t, ApiStruct o) => throw Orchestrator.ApiServer.Machinery.Errors.UnsupportedMediaType("not yet served");
    }
}
namespace Orchestrator.ApiServer.Codecs
{
    internal static class YamlText
    {
        public static byte[] FromJson(byte[] j) => throw Orchestrator.ApiServer.Machinery.Errors.UnsupportedMediaType("not yet served");
        public static byte[] ToJson(byte[] j, bool strict, out IReadOnlyList<string> issues) => throw Orchestrator.ApiServer.Machinery.Errors.UnsupportedMediaType("not yet served");
    }
}
