using System.Buffers;
using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.Client;

/// <summary>The short hash of a template that names ReplicaSets and ControllerRevisions: FNV-1a over its JSON, in letters that spell no words.</summary>
public static class PodTemplateHash
{
    /// <param name="template">What is hashed.</param>
    /// <param name="collisionCount">Changes the hash after it has met a namesake with other content.</param>
    public static string Of(ApiStruct template, int? collisionCount)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        ApiJson.Write(template, buffer);
        if (collisionCount is { } count)
        {
            var digits = buffer.GetSpan(8);
            BitConverter.TryWriteBytes(digits, (long)count);
            buffer.Advance(8);
        }

        return NameGenerator.Encode(Fnv1a(buffer.WrittenSpan).ToString(CultureInfo.InvariantCulture));
    }

    private static uint Fnv1a(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 16777619u;
        }

        return hash;
    }
}
