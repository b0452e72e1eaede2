using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.CustomResources;

/// <summary>A conversion webhook: the size of a widget is a number in v1 and a text in v2.</summary>
internal sealed class ConversionServer : IAsyncDisposable
{
    private TlsServer _server = null!;

    public bool Fails { get; set; }

    public string Definition => """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},"spec":{
        "group":"example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget"},
        "conversion":{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"https://127.0.0.1:PORT/convert","caBundle":"BUNDLE"}}},
        "versions":[
        {"name":"v1","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"integer"}}}}}}},
        {"name":"v2","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"string"}}}}}}}]}}
        """
        .Replace("PORT", _server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("BUNDLE", Convert.ToBase64String(Encoding.UTF8.GetBytes(_server.AuthorityPem)), StringComparison.Ordinal);

    public static async Task<ConversionServer> StartAsync(CancellationToken cancellationToken)
    {
        var conversion = new ConversionServer();
        conversion._server = await TlsServer.StartAsync(conversion.AnswerAsync, cancellationToken);
        return conversion;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var review = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        var wanted = (string)review["request"]!["desiredAPIVersion"]!;
        var converted = new JsonArray();
        foreach (var obj in review["request"]!["objects"]!.AsArray())
        {
            var next = obj!.DeepClone();
            next["apiVersion"] = wanted;
            if (next["spec"]?["size"] is { } size)
            {
                var text = size.ToString();
                next["spec"]!["size"] = wanted.EndsWith("v1", StringComparison.Ordinal) ? JsonValue.Create(int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)) : JsonValue.Create(text);
            }

            converted.Add(next);
        }

        var result = Fails ? new JsonObject { ["status"] = "Failure", ["message"] = "out of order" } : new JsonObject { ["status"] = "Success" };
        var response = new JsonObject { ["uid"] = (string)review["request"]!["uid"]!, ["convertedObjects"] = Fails ? new JsonArray() : converted, ["result"] = result };
        await context.Response.WriteAsync(new JsonObject { ["apiVersion"] = "apiextensions.k8s.io/v1", ["kind"] = "ConversionReview", ["response"] = response }.ToJsonString());
    }
}
