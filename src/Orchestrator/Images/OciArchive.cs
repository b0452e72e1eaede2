using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Images;

/// <summary>Writes images as one OCI image layout in a tar stream, what <c>ctr images import</c> and every other tool reads.</summary>
/// <remarks>The same images give the same bytes and so the same digests, whenever and wherever they are made.</remarks>
internal static class OciArchive
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    /// <param name="images">Made for the architecture of this machine.</param>
    /// <param name="output">Is left open.</param>
    /// <param name="cancellationToken">Ends the writing early; what was written is no archive then.</param>
    public static async Task WriteAsync(IEnumerable<LocalImage> images, Stream output, CancellationToken cancellationToken)
    {
        await using var archive = new TarWriter(output, TarEntryFormat.Ustar, leaveOpen: true);
        var written = new HashSet<string>(StringComparer.Ordinal);
        var manifests = new JsonArray();
        foreach (var image in images)
        {
            var layer = await LayerAsync(image, cancellationToken);
            var config = Json(new JsonObject
            {
                ["created"] = DateTimeOffset.UnixEpoch.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
                ["architecture"] = Architecture,
                ["os"] = "linux",
                ["config"] = new JsonObject
                {
                    ["Env"] = new JsonArray("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
                    ["Entrypoint"] = Texts(image.Entrypoint),
                    ["Cmd"] = Texts(image.Command),
                    ["User"] = image.User,
                },
                ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(Digest(layer)) },
            });
            var manifest = Json(new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = ManifestType,
                ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config),
                ["layers"] = new JsonArray(Descriptor("application/vnd.oci.image.layer.v1.tar", layer)),
            });

            foreach (var blob in (byte[][])[layer, config, manifest])
            {
                if (written.Add(Digest(blob)))
                {
                    await WriteFileAsync(archive, "blobs/" + Digest(blob).Replace(':', '/'), blob, cancellationToken);
                }
            }

            var described = Descriptor(ManifestType, manifest);
            described["platform"] = new JsonObject { ["architecture"] = Architecture, ["os"] = "linux" };
            described["annotations"] = new JsonObject { ["io.containerd.image.name"] = image.Name };
            manifests.Add(described);
        }

        await WriteFileAsync(archive, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(), cancellationToken);
        var index = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = "application/vnd.oci.image.index.v1+json", ["manifests"] = manifests };
        await WriteFileAsync(archive, "index.json", Json(index), cancellationToken);
    }

    private static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static async Task<byte[]> LayerAsync(LocalImage image, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await using (var layer = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var entry in image.Layer)
            {
                var type = entry switch
                {
                    { Content: not null } => TarEntryType.RegularFile,
                    { LinkTarget: not null } => TarEntryType.SymbolicLink,
                    _ => TarEntryType.Directory,
                };
                var item = new UstarTarEntry(type, entry.Path) { Mode = entry.Mode, ModificationTime = DateTimeOffset.UnixEpoch };
                if (entry.LinkTarget is { } target)
                {
                    item.LinkName = target;
                }

                using var content = new MemoryStream(entry.Content ?? []);
                if (entry.Content is not null)
                {
                    item.DataStream = content;
                }

                await layer.WriteEntryAsync(item, cancellationToken);
            }
        }

        return bytes.ToArray();
    }

    private static async Task WriteFileAsync(TarWriter archive, string path, byte[] bytes, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(bytes);
        var entry = new UstarTarEntry(TarEntryType.RegularFile, path) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = content };
        await archive.WriteEntryAsync(entry, cancellationToken);
    }

    private static JsonObject Descriptor(string mediaType, byte[] blob) =>
        new() { ["mediaType"] = mediaType, ["digest"] = Digest(blob), ["size"] = blob.Length };

    private static string Digest(byte[] blob) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(blob));

    private static byte[] Json(JsonObject value) => JsonSerializer.SerializeToUtf8Bytes<JsonNode>(value);

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
}
