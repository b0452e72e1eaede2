using System.Text;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;

namespace Orchestrator.Api.Tests;

public sealed class JsonRoundTripTests
{
    private const string PodText = """
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"d","labels":{"a":"1","b":"2"}},"spec":{"volumes":[{"name":"v","emptyDir":{}}],"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],"resources":{"limits":{"cpu":"500m"}},"livenessProbe":{"httpGet":{"path":"/","port":"web"},"periodSeconds":10}}],"nodeName":"n"},"status":{}}
        """;

    [Fact]
    public void What_was_read_is_written_in_declaration_order()
    {
        var pod = ApiJson.Read<Pod>(Encoding.UTF8.GetBytes(PodText));
        Assert.Equal("c", pod.Spec.Containers[0].Name);
        Assert.Equal(80, pod.Spec.Containers[0].Ports[0].ContainerPortValue);
        Assert.Equal("web", pod.Spec.Containers[0].LivenessProbe!.HttpGet!.Port.Text);
        Assert.Equal(500, pod.Spec.Containers[0].Resources.Limits["cpu"].MilliValue);
        Assert.Equal(PodText.Trim(), pod.ToString());
        Assert.Equal(pod, ApiJson.Read<Pod>(Encoding.UTF8.GetBytes(PodText)));
    }

    [Fact]
    public void Unknown_and_duplicate_fields_are_reported_with_their_paths()
    {
        var issues = new DecodeIssues();
        ApiJson.Read<Deployment>("""{"metadata":{"name":"a","name":"b"},"spec":{"template":{"spec":{"containers":[{"imagePullpolicy":"x"}]}},"replica":1}}"""u8, issues);
        Assert.Equal(["duplicate field \"metadata.name\"", "unknown field \"spec.template.spec.containers[0].imagePullpolicy\"", "unknown field \"spec.replica\""], issues.Messages);
    }

    [Fact]
    public void A_wrong_type_is_named_as_Go_names_it()
    {
        var error = Assert.Throws<ApiDecodeException>(() => ApiJson.Read<Deployment>("""{"spec":{"replicas":"x"}}"""u8));
        Assert.Equal("json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32", error.Message);
    }

    [Fact]
    public void Every_type_of_the_tables_can_be_made_and_read_back()
    {
        foreach (var name in ApiTypes.Names)
        {
            var schema = ApiTypes.Find(name)!;
            Assert.All(schema.FieldList, f => Assert.True(f.Kind != FieldKind.Struct || f.Struct is not null));
            var empty = schema.Create();
            if (!name.Contains("JSONSchemaPropsOr", StringComparison.Ordinal))
            {
                Assert.Equal(empty, ApiJson.Read(schema, ApiJson.WriteToArray(empty)));
            }
        }
    }

    [Fact]
    public void With_changes_a_copy_and_shares_the_rest()
    {
        var pod = ApiJson.Read<Pod>(Encoding.UTF8.GetBytes(PodText));
        var moved = pod with { Spec = pod.Spec with { NodeName = "other" } };
        Assert.Equal("n", pod.Spec.NodeName);
        Assert.Equal("other", moved.Spec.NodeName);
        Assert.NotEqual(pod, moved);
        Assert.Same(pod.Spec.Containers, moved.Spec.Containers);
    }
}
