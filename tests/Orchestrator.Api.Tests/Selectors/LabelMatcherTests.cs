using Orchestrator.Api.Selectors;

namespace Orchestrator.Api.Tests.Selectors;

public sealed class LabelMatcherTests
{
    private static readonly ApiMap<string> Labels = new Dictionary<string, string> { ["app"] = "web", ["tier"] = "front", ["n"] = "5" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier!=back", true)]
    [InlineData("app in (api, web)", true)]
    [InlineData("app notin (api,web)", false)]
    [InlineData("absent notin (x)", true)]
    [InlineData("!absent,tier", true)]
    [InlineData("absent", false)]
    [InlineData("n>4,n<6", true)]
    [InlineData("n>5", false)]
    public void Text_form_selects_as_the_api_says(string text, bool expected)
    {
        Assert.True(LabelMatcher.TryParse(text, out var matcher, out var error), error);
        Assert.Equal(expected, matcher.Matches(Labels));
    }

    [Theory]
    [InlineData("app=web,")]
    [InlineData("app in web")]
    [InlineData("=web")]
    [InlineData("app in (a")]
    public void Text_that_is_no_selector_is_refused_with_a_reason(string text)
    {
        Assert.False(LabelMatcher.TryParse(text, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("/tier=web", "unable to parse requirement: <nil>: Invalid value: \"/tier\": prefix part must be non-empty")]
    [InlineData("a/b/c", "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")]
    public void A_bad_key_is_told_without_its_place(string text, string expected)
    {
        Assert.False(LabelMatcher.TryParse(text, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Absent_selector_selects_nothing_and_empty_one_everything()
    {
        Assert.False(LabelMatcher.From(null).Matches(Labels));
        Assert.True(LabelMatcher.From(new()).Matches(Labels));
        Assert.False(LabelMatcher.FromMap(ApiMap<string>.Empty).Matches(Labels));
    }
}
