using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Golden.Tests.Replay;

/// <summary>Sends a scenario's steps to a server one after another and collects where its answers differ from the recorded ones.</summary>
/// <param name="client">Reaches the server as a member of <c>system:masters</c>; its base address is the server's.</param>
internal sealed class ScenarioReplay(HttpClient client)
{
    private static readonly string[] HeadersKept = ["content-type", "warning", "retry-after", "location", "etag-present"];

    /// <summary>Lines that name step, request and differences; none when the whole scenario is equal.</summary>
    public async Task<List<string>> RunAsync(JsonNode scenario, CancellationToken cancellationToken)
    {
        var name = scenario["namespace"]!.GetValue<string>();
        await PostAsync("/api/v1/namespaces", "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" + name + "\"}}", cancellationToken);
        await PostAsync($"/api/v1/namespaces/{name}/serviceaccounts", """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}""", cancellationToken);
        var references = new References();
        var lines = new List<string>();
        foreach (var step in scenario["steps"]!.AsArray())
        {
            var (id, request) = (step!["id"]!.GetValue<string>(), step["request"]!);
            Answer answer;
            try
            {
                answer = await SendAsync(request, references, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException or ArgumentException or KeyNotFoundException or IOException)
            {
                answer = new(0, [], e.Message);
            }

            references.Add(id, answer.Body);
            var differences = AnswerComparer.Compare(step["response"], answer.Normalized());
            if (differences.Count > 0)
            {
                lines.Add($"{id} {request["method"]} {request["path"]}\n    " + string.Join("\n    ", differences.Take(12))
                    + (differences.Count > 12 ? $"\n    ... {differences.Count - 12} more" : ""));
            }
        }

        return lines;
    }

    private async Task PostAsync(string path, string body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path, content, cancellationToken);
    }

    private async Task<Answer> SendAsync(JsonNode request, References references, CancellationToken cancellationToken)
    {
        // The path goes out byte for byte as it was recorded.
        var uri = new Uri(
            client.BaseAddress!.GetLeftPart(UriPartial.Authority) + references.Fill(request["path"]!.GetValue<string>()),
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var message = new HttpRequestMessage(new HttpMethod(request["method"]!.GetValue<string>()), uri) { Version = HttpVersion.Version11 };
        var body = references.Fill(request["body"]);
        if (body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(
                body is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : PythonJson.Write(body)));
        }

        foreach (var (header, text) in request["headers"]?.AsObject() ?? [])
        {
            var filled = references.Fill(text!.GetValue<string>());
            if (header.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
            {
                message.Content ??= new ByteArrayContent([]);
                message.Content.Headers.TryAddWithoutValidation(header, filled);
            }
            else
            {
                message.Headers.TryAddWithoutValidation(header, filled);
            }
        }

        using var response = await client.SendAsync(message, cancellationToken);

        // Headers first: reading the content as text parses its type, which from then on is told in another spelling.
        var kept = Kept(response);
        var data = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        return new((int)response.StatusCode, kept, Body(data, response, watch: request["watch"]?.GetValue<bool>() == true));
    }

    private static JsonNode? Body(string data, HttpResponseMessage response, bool watch)
    {
        if (watch)
        {
            return response.StatusCode == HttpStatusCode.OK
                ? new JsonArray([.. data.Split('\n').Where(static l => !string.IsNullOrWhiteSpace(l)).Select(static l => JsonNode.Parse(l))])
                : JsonNode.Parse(data);
        }

        var type = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : "";
        if (type.Contains("json", StringComparison.Ordinal))
        {
            try
            {
                return JsonNode.Parse(data);
            }
            catch (JsonException)
            {
                return data;
            }
        }

        return data;
    }

    private static JsonObject Kept(HttpResponseMessage response)
    {
        var kept = new JsonObject();
        foreach (var headers in (HttpHeadersNonValidated[])[response.Headers.NonValidated, response.Content.Headers.NonValidated])
        {
            foreach (var (name, values) in headers)
            {
                var key = name.ToLowerInvariant();
                if (HeadersKept.Contains(key))
                {
                    kept[key] = string.Join('\n', values);
                }
            }
        }

        return kept;
    }
}
