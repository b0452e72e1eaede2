using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.CustomResources.Conversion;

namespace Orchestrator.ApiServer.Tests.CustomResources;

public sealed class ConvertedObjectTests
{
    private const string Webhook = "conversion webhook for e.io/v1, Kind=Widget ";

    private static readonly CustomObject Before = Read(
        """{"apiVersion":"e.io/v1","kind":"Widget","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"5","labels":{"k":"v"}},"spec":{"size":1}}""");

    [Fact]
    public void Labels_and_annotations_may_be_converted_and_nothing_else_of_the_metadata()
    {
        var converted = Convert("""{"apiVersion":"e.io/v2","kind":"Widget","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"9","finalizers":["x/y"],"annotations":{"a":"b"}},"spec":{"size":2}}""");
        Assert.Equal("5", converted.Metadata.ResourceVersion);
        Assert.Empty(converted.Metadata.Finalizers);
        Assert.Empty(converted.Metadata.Labels);
        Assert.Equal("b", converted.Metadata.Annotations["a"]);
        Assert.Contains("\"size\":2", System.Text.Encoding.UTF8.GetString(ApiJson.WriteToArray(converted)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null", "unexpected end of JSON input")]
    [InlineData("\"x\"", "json: cannot unmarshal string into Go value of type map[string]interface {}")]
    [InlineData("""{"apiVersion":"e.io/v2"}""", """Object 'Kind' is missing in '{"apiVersion":"e.io/v2"}'""")]
    [InlineData("""{"apiVersion":"x/v9","kind":"Widget"}""", Webhook + "returned invalid object at index 0: invalid groupVersion (expected e.io/v2, received x/v9)")]
    [InlineData("""{"apiVersion":"e.io/v2","kind":"Foo"}""", Webhook + "returned invalid object at index 0: invalid kind (expected Widget, received Foo)")]
    [InlineData("""{"apiVersion":"e.io/v2","kind":"Widget"}""", Webhook + "returned invalid object: must have the same name: a != ")]
    [InlineData("""{"apiVersion":"e.io/v2","kind":"Widget","metadata":{"name":"a","namespace":"m"}}""", Webhook + "returned invalid object: must have the same namespace: n != m")]
    [InlineData("""{"apiVersion":"e.io/v2","kind":"Widget","metadata":{"name":"a","namespace":"n","uid":"u","labels":"x"}}""", Webhook + "returned invalid metadata: invalid metadata.labels of type string in converted object")]
    [InlineData("""{"apiVersion":"e.io/v2","kind":"Widget","metadata":{"name":"a","namespace":"n","uid":"u","labels":{"k":5}}}""", Webhook + "returned invalid metadata: metadata.labels[k] must be a string, but is int64 in converted object")]
    public void What_a_webhook_may_not_do_is_told_in_upstreams_words(string made, string fault) => Assert.Equal(fault, Assert.Throws<FormatException>(() => Convert(made)).Message);

    [Fact]
    public void Labels_that_could_not_be_stored_are_refused() => Assert.StartsWith(
        Webhook + "returned invalid metadata: metadata.labels: Invalid value: \"b a d\": a valid label must be",
        Assert.Throws<FormatException>(() => Convert("""{"apiVersion":"e.io/v2","kind":"Widget","metadata":{"name":"a","namespace":"n","uid":"u","labels":{"k":"b a d"}}}""")).Message,
        StringComparison.Ordinal);

    private static CustomObject Convert(string made) => ConvertedObject.Check(Before, "e.io/v2", RawJson.Parse(made));

    private static CustomObject Read(string json) => (CustomObject)ApiJson.Read(CustomObject.ApiType, System.Text.Encoding.UTF8.GetBytes(json));
}
