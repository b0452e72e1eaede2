using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.OpenApi;

namespace Orchestrator.ApiServer.Tests.OpenApi;

public sealed class OpenApiProtobufTests
{
    [Fact]
    public void Schemas_and_references_stand_in_the_fields_of_the_published_messages()
    {
        var document = (ApiMap<object?>)ApiJson.ReadValue("""
            {"openapi":"3.0.0","components":{"schemas":{"A":{"type":"object","properties":{"b":{"$ref":"#/B"}},"x-y":1}}}}
            """u8)!;

        // Components (5), schemas (1), a pair (1) of name (1) and value (2), which is a schema (1) with a type (25), properties (31) and an extension (36).
        byte[] reference = [0x12, 5, 0x0A, 3, .. "#/B"u8];
        byte[] property = [0x0A, 12, 0x0A, 1, (byte)'b', 0x12, 7, .. reference];
        byte[] extension = [0x0A, 3, .. "x-y"u8, 0x12, 4, 0x12, 2, .. "1\n"u8];
        byte[] schema = [0xCA, 1, 6, .. "object"u8, 0xFA, 1, (byte)property.Length, .. property, 0xA2, 2, (byte)extension.Length, .. extension];
        byte[] value = [0x0A, (byte)schema.Length, .. schema];
        byte[] pair = [0x0A, 1, (byte)'A', 0x12, (byte)value.Length, .. value];
        byte[] schemas = [0x0A, (byte)pair.Length, .. pair];
        byte[] components = [0x0A, (byte)schemas.Length, .. schemas];
        byte[] expected = [0x0A, 5, .. "3.0.0"u8, 0x2A, (byte)components.Length, .. components];
        Assert.Equal(expected, OpenApiProtobuf.Write(document));
    }
}
