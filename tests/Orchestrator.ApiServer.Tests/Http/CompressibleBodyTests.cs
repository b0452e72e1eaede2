using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Http;

public sealed class CompressibleBodyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Large_answers_are_compressed_for_those_who_accept_it_and_small_ones_never()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        for (var i = 0; i < 3; i++)
        {
            var json = $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m{{i}}" },"data":{"a":"{{new string('x', 100_000)}}" } }""";
            using var made = await server.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps", json, Cancel);
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        const string List = "/api/v1/namespaces/default/configmaps";
        var (plainEncoding, plain) = await GetAsync(server, List, accept: null);

        // The same list again, whatever the server itself may have written meanwhile.
        var revision = JsonDocument.Parse(plain).RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString();
        var (encoding, packed) = await GetAsync(server, $"{List}?resourceVersion={revision}&resourceVersionMatch=Exact", accept: "deflate, gzip");
        Assert.Equal(("", "gzip"), (plainEncoding, encoding));
        Assert.True(packed.Length < plain.Length / 10, $"{packed.Length} of {plain.Length}");
        using var unpacked = new MemoryStream();
        await using (var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress))
        {
            await gzip.CopyToAsync(unpacked, Cancel);
        }

        Assert.Equal(plain, unpacked.ToArray());
        var (one, body) = await GetAsync(server, List + "/m1", accept: "gzip");
        Assert.Equal("", one);
        Assert.Equal("m1", JsonDocument.Parse(body).RootElement.GetProperty("metadata").GetProperty("name").GetString());

        // A refusal after a large answer has begun to gather must not carry any of it.
        var (_, refusal) = await GetAsync(server, List + "?resourceVersion=abc", accept: "gzip");
        Assert.StartsWith("{\"kind\":\"Status\"", Encoding.UTF8.GetString(refusal), StringComparison.Ordinal);
    }

    private static async Task<(string Encoding, byte[] Body)> GetAsync(LiveServer server, string path, string? accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.Add("Accept-Encoding", accept);
        }

        using var answer = await server.Http.SendAsync(request, Cancel);
        return (string.Join(',', answer.Content.Headers.ContentEncoding), await answer.Content.ReadAsByteArrayAsync(Cancel));
    }
}
