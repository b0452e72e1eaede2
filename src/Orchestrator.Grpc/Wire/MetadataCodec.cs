using Grpc.Core;

namespace Orchestrator.Grpc.Wire;

/// <summary>Metadata as header text: binary values in base64 without padding.</summary>
internal static class MetadataCodec
{
    /// <summary>The text of a value on the wire.</summary>
    public static string Encode(Metadata.Entry entry) =>
        entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes).TrimEnd('=') : entry.Value;

    /// <summary>Adds a header as it came; several binary values in one header are separated by commas.</summary>
    public static void Add(Metadata metadata, string name, string value)
    {
        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(name, value);
            return;
        }

        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var padded = part.Length % 4 == 0 ? part : part + new string('=', 4 - (part.Length % 4));
            var bytes = new byte[padded.Length / 4 * 3];
            if (Convert.TryFromBase64String(padded, bytes, out var written))
            {
                metadata.Add(name, bytes[..written]);
            }
        }
    }
}
