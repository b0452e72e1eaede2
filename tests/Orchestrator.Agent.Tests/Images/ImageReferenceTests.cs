using Orchestrator.Agent.Images;

namespace Orchestrator.Agent.Tests.Images;

public sealed class ImageReferenceTests
{
    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    [InlineData("a/b:1", "docker.io/a/b:1")]
    [InlineData("localhost/x", "localhost/x:latest")]
    [InlineData("h:5000/x/y:v1.2", "h:5000/x/y:v1.2")]
    [InlineData("registry.k8s.io/pause:3.10.2", "registry.k8s.io/pause:3.10.2")]
    [InlineData("a.b/c@sha256:0123456789012345678901234567890123456789012345678901234567890123", "a.b/c@sha256:0123456789012345678901234567890123456789012345678901234567890123")]
    public void Name_is_completed_as_runtimes_complete_it(string text, string expected)
    {
        Assert.True(ImageReference.TryParse(text, out var reference, out _));
        Assert.Equal(expected, reference.Normalized);
    }

    [Theory]
    [InlineData("Invalid//Image", "invalid reference format: repository name (/Image) must be lowercase")]
    [InlineData("a b", "invalid reference format")]
    [InlineData("", "invalid reference format")]
    [InlineData("x:", "invalid reference format")]
    public void Nonsense_is_refused_in_the_words_of_the_events(string text, string expected)
    {
        Assert.False(ImageReference.TryParse(text, out _, out var error));
        Assert.Equal(expected, error);
    }
}
