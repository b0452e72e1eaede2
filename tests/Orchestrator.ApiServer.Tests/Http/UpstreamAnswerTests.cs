using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Http;

/// <summary>Answers that a server made of the real k8s.io/apiserver 0.36 gives, and no recording has.</summary>
public sealed class UpstreamAnswerTests
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Map = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}""";

    private static readonly (string Accept, int Status, string Type)[] Accepts =
    [
        ("application/json;g=meta.k8s.io", 406, "application/json"),
        ("application/json;as=\"Table\";g=meta.k8s.io;v=v1", 406, "application/json"),
        ("application/json;stream=x", 406, "application/json"),
        ("application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", 404, "application/json"),
        ("application/yaml;as=Table;g=meta.k8s.io;v=v1", 404, "application/json"),
        ("application/yaml", 404, "application/yaml"),
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_are_refused_in_upstreams_words()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await ExpectAsync(server, "POST", Maps + "?DryRun=All", "application/json", Map, 201, "");

        // Types of bodies.
        await ExpectAsync(server, "PATCH", Maps + "/a", "application/json", "{}", 415, "415: Unsupported Media Type");
        await ExpectAsync(server, "PATCH", Maps + "/a", "Application/merge-patch+json", "{}", 415, "415: Unsupported Media Type");
        await ExpectAsync(server, "PUT", Maps + "/a", "application/json;foo", Map, 415, "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf");
        await ExpectAsync(server, "POST", Maps, "application/vnd.kubernetes.protobuf", "k8s\0", 400, "the object provided is unrecognized (must be of type ConfigMap): empty body (6b387300)");
        await ExpectAsync(server, "POST", Maps, "application/vnd.kubernetes.protobuf", "k8s\0\0", 400, "the object provided is unrecognized (must be of type ConfigMap): proto: Unknown: illegal tag 0 (wire type 0) (6b38730000)");
        await ExpectAsync(server, "POST", Maps, "application/vnd.kubernetes.protobuf", "k8s\0\n\u000f\n\u0002v1\u0012\tConfigMap\u0012\u0005\n\t\n\u0001b", 400, "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: unexpected EOF");
        await ExpectAsync(server, "DELETE", Maps + "/a", "application/vnd.kubernetes.protobuf", "k8s\0\n\u000f\n\u0002v1\u0012\tConfigMap", 400, "no kind \"ConfigMap\" is registered for version \"v1\" in scheme \"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"");
        await ExpectAsync(
            server, "POST", Maps + "?fieldValidation=Strict", "application/yaml", "apiVersion: v1\nkind: ConfigMap\nz: 1\nmetadata: {name: b, name: b, x: 1}\ndata: {}\ndata: {}\n", 400,
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 4: key \"name\" already set in map\n  line 6: key \"data\" already set in map, unknown field \"metadata.x\", unknown field \"z\"");

        // Options.
        await ExpectAsync(server, "POST", Maps + "?dryRun=All&dryRun=x", "application/json", Map, 422, "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"All\",\"x\"]: supported values: \"All\"");
        await ExpectAsync(server, "POST", Maps + "?fieldManager=a%0Ab%01", "application/json", Map, 422, "CreateOptions.meta.k8s.io \"\" is invalid: [fieldManager: Invalid value: \"a\\nb\\x01\": invalid character U+000A (at position 1), fieldManager: Invalid value: \"a\\nb\\x01\": invalid character U+0001 (at position 3)]");
        await ExpectAsync(server, "PATCH", Maps + "/a?dryRun=x", "application/apply-patch+yaml", Map, 422, "PatchOptions.meta.k8s.io \"\" is invalid: [fieldManager: Required value: is required for apply patch, dryRun: Unsupported value: [\"x\"]: supported values: \"All\"]");
        await ExpectAsync(server, "DELETE", Maps + "/a?uid=x", null, null, 409, "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (x) does not match the UID in record");
        await ExpectAsync(server, "GET", Maps + "/a?export=true", null, null, 400, "the export parameter, deprecated since v1.14, is no longer supported");
        await ExpectAsync(server, "GET", Maps + "?fieldSelector=%3D", null, null, 200, "");

        // Paths.
        await ExpectAsync(server, "GET", "/api/v1/watch?a=%3C", null, null, 500, "Internal Server Error: \"/api/v1/watch?a=%3C\": failed to create RequestInfo: unable to determine kind and namespace from url, /api/v1/watch?a=%3C\n");
        await ExpectAsync(server, "GET", "/api/v1/watch/namespaces/default/pods/x/log", null, null, 404, "the server could not find the requested resource");
        await ExpectAsync(server, "POST", Maps + "/a%25b", "application/json", Map, 405, "the server does not allow this method on the requested resource");
        await ExpectAsync(server, "PUT", Maps + "/a%25b", "application/json", Map, 400, "the name of the object (a) does not match the name on the URL (a%b)");
        await ExpectAsync(server, "DELETE", Maps + "/a?fieldManager=%01", null, null, 200, "");

        // A finalizer given twice is still one that is owned.
        await ExpectAsync(server, "POST", Maps, "application/json", """{"metadata":{"name":"twice","finalizers":["x.io/a"]}}""", 201, "");
        await ExpectAsync(server, "PATCH", Maps + "/twice", "application/merge-patch+json", """{"metadata":{"finalizers":["x.io/a","x.io/a"]}}""", 200, "");
        Assert.Contains("""{"f:metadata":{"f:finalizers":{".":{},"v:\"x.io/a\"":{}}}}""", await server.GetAsync(Maps + "/twice", Cancel), StringComparison.Ordinal);

        // What is about to go is told from what stays.
        await ExpectAsync(server, "DELETE", Maps + "/twice", "application/json", """{"apiVersion":"a/b/c"}""", 400, "unexpected GroupVersion string: a/b/c");
        await ExpectAsync(server, "DELETE", Maps + "/twice", "application/json", """{"kind":"Pod"}""", 400, "no kind \"Pod\" is registered for version \"meta.k8s.io/v1\" in scheme \"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"");
        await ExpectAsync(server, "DELETE", Maps + "/twice", null, null, 200, "");
        await ExpectAsync(server, "POST", Maps, "application/json", """{"metadata":{"name":"twice"}}""", 409, "object is being deleted: configmaps \"twice\" already exists");

        // Applied items in another order are put into it.
        const string Applied = "apiVersion: v1\nkind: ConfigMap\n";
        await ExpectAsync(server, "PATCH", Maps + "/order?fieldManager=m", "application/apply-patch+yaml", Applied + "metadata: {name: order, finalizers: [x.io/a, x.io/b]}", 201, "");
        await ExpectAsync(server, "PATCH", Maps + "/order?fieldManager=m", "application/apply-patch+yaml", Applied + "metadata: {name: order, finalizers: [x.io/b, x.io/a]}", 200, "");
        Assert.Contains("""["x.io/b","x.io/a"]""", await server.GetAsync(Maps + "/order", Cancel), StringComparison.Ordinal);
        await ExpectAsync(
            server, "PATCH", Maps + "/order?fieldManager=m&fieldValidation=Strict", "application/apply-patch+yaml", Applied + "metadata: {name: order, name: order}", 400,
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 3: key \"name\" already set in map");

        // Owners given twice count once.
        var owned = await server.SendAsync(HttpMethod.Post, Maps, """{"metadata":{"name":"owned","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u"},{"apiVersion":"v1","kind":"Pod","name":"q","uid":"u"},{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u"}]}}""", Cancel);
        Assert.Contains("duplicate entries; API server dedups owner references in 1.20+", owned.Headers.Warning.Single().Text, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(await owned.Content.ReadAsStringAsync(Cancel)).RootElement.GetProperty("metadata").GetProperty("ownerReferences").GetArrayLength());

        // A refusal is no row and no metadata.
        foreach (var (accept, status, type) in Accepts)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Maps + "/none");
            request.Headers.TryAddWithoutValidation("Accept", accept);
            var answer = await server.Http.SendAsync(request, Cancel);
            Assert.Equal((status, type), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        }

        await ExpectGzipAsync(server);
    }

    /// <summary>Large answers to writes are compressed, too.</summary>
    private static async Task ExpectGzipAsync(LiveServer server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Maps);
        request.Headers.AcceptEncoding.Add(new("gzip"));
        request.Content = new StringContent($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"big"},"data":{"x":"{{{new string('a', 140_000)}}}"}}""", new MediaTypeHeaderValue("application/json"));
        var answer = await server.Http.SendAsync(request, Cancel);
        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
        using var plain = new GZipStream(await answer.Content.ReadAsStreamAsync(Cancel), CompressionMode.Decompress);
        using var created = await JsonDocument.ParseAsync(plain, default, Cancel);
        Assert.Equal(140_000, created.RootElement.GetProperty("data").GetProperty("x").GetString()!.Length);
    }

    private static async Task ExpectAsync(LiveServer server, string method, string path, string? type, string? body, int status, string message)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        var answer = await server.Http.SendAsync(request, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        var said = status < 300 ? "" : text.StartsWith('{') ? JsonDocument.Parse(text).RootElement.GetProperty("message").GetString()! : text;
        Assert.Equal((status, message), ((int)answer.StatusCode, said.Length > message.Length && message.EndsWith("record", StringComparison.Ordinal) ? said[..message.Length] : said));
    }
}
