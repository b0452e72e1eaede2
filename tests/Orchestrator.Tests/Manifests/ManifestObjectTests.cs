using Orchestrator.Api;
using Orchestrator.Manifests;
using Orchestrator.Settings;

namespace Orchestrator.Tests.Manifests;

public sealed class ManifestObjectTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void File_holds_documents_and_lists_of_objects()
    {
        var objects = Read(
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: team-a}
            ---
            # Nothing but a comment.
            ---
            apiVersion: v1
            kind: List
            items:
            - apiVersion: apps/v1
              kind: Deployment
              metadata: {name: web, namespace: team-a}
            """);

        Assert.Equal([("v1", "Namespace", "", "team-a"), ("apps/v1", "Deployment", "team-a", "web")],
            objects.Select(item => (item.ApiVersion, item.Kind, item.Namespace, item.Name)));
    }

    [Theory]
    [InlineData("12", 12L)]
    [InlineData("-1", -1L)]
    [InlineData("0.5", 0.5)]
    [InlineData("1e3", 1000.0)]
    [InlineData("true", true)]
    [InlineData("off", false)]
    [InlineData("~", null)]
    [InlineData("", null)]
    [InlineData("'12'", "12")]
    [InlineData("\"true\"", "true")]
    [InlineData("1.2.3", "1.2.3")]
    [InlineData("10m", "10m")]
    [InlineData("e", "e")]
    [InlineData("Infinity", "Infinity")]
    [InlineData("!!str 12", "12")]
    public void Scalar_is_read_as_kubectl_reads_it(string yaml, object? value)
    {
        var item = Assert.Single(Read($"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nvalue: {yaml}\n"));
        Assert.Equal(value, item.Content["value"]);
    }

    [Theory]
    [InlineData("a: ]", ":1: ")]
    [InlineData("- a\n", ": a document is no object")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\n", ": an object lacks its apiVersion, kind or metadata.name")]
    public void Faulty_file_is_told_in_one_line(string yaml, string message)
    {
        var error = Assert.Throws<SettingException>(() => Read(yaml)).Message;
        Assert.StartsWith(_directory["manifest.yaml"] + message, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    private IReadOnlyList<ManifestObject> Read(string yaml)
    {
        File.WriteAllText(_directory["manifest.yaml"], yaml);
        return ManifestObject.ReadFile(_directory["manifest.yaml"]);
    }
}
