using Orchestrator.Images;

namespace Orchestrator.Tests.Images;

public sealed class OciArchiveTests
{
    [Fact]
    public async Task Same_images_give_the_same_bytes()
    {
        Assert.Equal(await BytesAsync(), await BytesAsync());

        static async Task<byte[]> BytesAsync()
        {
            using var archive = new MemoryStream();
            await OciArchive.WriteAsync([LocalImages.Pause(), Text("a", "one"), Text("b", "two")], archive, CancellationToken.None);
            return archive.ToArray();
        }
    }

    private static LocalImage Text(string name, string text) => new()
    {
        Name = $"orchestrator.local/{name}:1",
        Layer = [LayerEntry.Directory("etc"), LayerEntry.File("etc/text", text), LayerEntry.Link("text", "etc/text")],
    };
}
