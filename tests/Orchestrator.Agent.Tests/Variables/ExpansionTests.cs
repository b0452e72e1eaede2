using Orchestrator.Agent.Variables;

namespace Orchestrator.Agent.Tests.Variables;

public sealed class ExpansionTests
{
    [Theory]
    [InlineData("$(A)-$(B)", "1-two")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$1")]
    [InlineData("$(NONE)", "$(NONE)")]
    [InlineData("$(A", "$(A")]
    [InlineData("$A $", "$A $")]
    [InlineData("plain", "plain")]
    public void Known_references_are_replaced_and_all_else_stays(string text, string expected) =>
        Assert.Equal(expected, Expansion.Expand(text, n => n switch { "A" => "1", "B" => "two", _ => null }));
}
