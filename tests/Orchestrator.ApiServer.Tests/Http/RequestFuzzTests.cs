using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.ApiServer.Tests.Recorded;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Http;

/// <summary>
/// Recorded requests, changed at random from a fixed seed, sent to a whole server: bodies, broken bytes, content types, query parameters. None may be answered
/// by a failure of ours, and what is stored can be read in every form.
/// </summary>
public sealed class RequestFuzzTests
{
    private static readonly int Seed = Setting("ORCHESTRATOR_FUZZ_SEED", 20260401);
    private static readonly int Rounds = Setting("ORCHESTRATOR_REQUEST_FUZZ_ROUNDS", 500);

    /// <summary>Bodies that tell a field twice are sent as they are: there is no tree of them to change.</summary>
    private static readonly JsonDocumentOptions OneOfEach = new() { AllowDuplicateProperties = false };

    /// <summary>No webhooks, policies and aggregated servers: what they refuse would say nothing of us. No watches: they would only cost time.</summary>
    private static readonly string[] LeftOut = ["admissionregistration", "apiregistration", "watch", "/proxy", "/exec", "/attach", "/portforward", "/log", "${"];

    private static readonly string[] Accepts =
        ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"];

    private static readonly string[] Types =
    [
        "application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "application/json-patch+json", "application/merge-patch+json",
        "application/strategic-merge-patch+json", "application/apply-patch+yaml", "text/plain",
    ];

    private static readonly string[] Queries =
    [
        "limit=-1", "limit=x", "continue=x", "resourceVersion=x", "resourceVersion=99999999999999999999", "resourceVersionMatch=Exact", "fieldSelector=a%5C", "labelSelector=a+in+(",
        "dryRun=x", "fieldManager=%00", "fieldValidation=Strict", "force=x", "gracePeriodSeconds=x", "propagationPolicy=x", "pretty=true", "timeoutSeconds=-1",
    ];

    [Fact]
    public async Task No_request_makes_the_server_fail_or_an_object_that_cannot_be_read_back()
    {
        Assert.SkipWhen(GoldenFolder.Path is null, "The recorded answers are not here.");
        var cancellation = TestContext.Current.CancellationToken;
        var random = new Random(Seed);
        var mutator = new BodyMutator(random);
        var steps = GoldenScenarios.Scenarios().SelectMany(static s => s.Steps)
            .Where(static s => s.Method != "DELETE" && !LeftOut.Any((s.Path + s.Query).Contains)).ToArray();
        await using var server = await LiveServer.StartAsync(cancellation);
        var failures = new List<string>();
        var stored = 0;
        for (var round = 0; round < Rounds && failures.Count < 5; round++)
        {
            var step = steps[random.Next(steps.Length)];
            var path = step.Path.Contains("/namespaces/g-", StringComparison.Ordinal) ? InDefault(step.Path) : step.Path;
            var body = step.Body is null ? null : Changed(step.Body, mutator, random);
            var query = random.Next(4) == 0 ? Queries[random.Next(Queries.Length)] : step.Query.Replace("dryRun=All", "", StringComparison.Ordinal);
            var type = random.Next(10) == 0 || step.ContentType.Length == 0 ? Types[random.Next(Types.Length)] : step.ContentType;
            var answer = await SendAsync(server, new HttpMethod(step.Method), path + "?" + query, body, type, Accepts[random.Next(10) == 0 ? random.Next(Accepts.Length) : 0], cancellation);
            if (IsOurs(answer))
            {
                failures.Add($"round {round}: {step.Method} {path}?{query} {type} {(body is null ? "" : Encoding.UTF8.GetString(body))}\n{answer.Code} {answer.Body}\n");
            }
            else if (answer.Code is 200 or 201 && Address(step.Method, path, answer.Body) is { } address)
            {
                stored++;
                foreach (var accept in Accepts)
                {
                    var back = await SendAsync(server, HttpMethod.Get, address, null, "", accept, cancellation);
                    if (back.Code is not (200 or 404 or 405 or 406))
                    {
                        failures.Add($"round {round}: what {step.Method} {path} {Encoding.UTF8.GetString(body ?? [])} stored is not read as {accept}\n{back.Code} {back.Body}\n");
                    }
                }
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.True(stored > Rounds / 50, $"Only {stored} of {Rounds} requests stored something: too few say anything about reading back.");
    }

    private static string InDefault(string path)
    {
        var start = path.IndexOf("/namespaces/", StringComparison.Ordinal) + "/namespaces/".Length;
        var end = path.IndexOf('/', start);
        return path[..start] + "default" + (end < 0 ? "" : path[end..]);
    }

    private static byte[] Changed(string body, BodyMutator mutator, Random random)
    {
        byte[] bytes;
        try
        {
            bytes = Encoding.UTF8.GetBytes(random.Next(5) == 0 || JsonNode.Parse(body, null, OneOfEach) is not (JsonObject or JsonArray) ? body : mutator.Mutate(JsonNode.Parse(body, null, OneOfEach)!).ToJsonString());
        }
        catch (JsonException)
        {
            bytes = Encoding.UTF8.GetBytes(body);
        }

        if (bytes.Length > 0 && random.Next(8) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return random.Next(20) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    /// <summary>A failure of ours says so; upstream's own answers of this code have other words.</summary>
    private static bool IsOurs((int Code, string Body) answer) => answer.Code >= 500 && answer.Body.Contains("Internal error occurred", StringComparison.Ordinal);

    /// <summary>Where an answer's object lies; null if it is not stored.</summary>
    private static string? Address(string method, string path, string body)
    {
        if (!body.StartsWith('{') || JsonNode.Parse(body) is not JsonObject answer || answer["metadata"]?["uid"] is null || (string?)answer["metadata"]?["name"] is not { } name)
        {
            return null;
        }

        return method == "POST" ? path.TrimEnd('/') + "/" + Uri.EscapeDataString(name) : path;
    }

    private static async Task<(int Code, string Body)> SendAsync(
        LiveServer server, HttpMethod method, string path, byte[]? body, string type, string accept, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Version = new Version(2, 0) };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        using var response = await server.Http.SendAsync(request, cancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static int Setting(string name, int preset) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : preset;
}
