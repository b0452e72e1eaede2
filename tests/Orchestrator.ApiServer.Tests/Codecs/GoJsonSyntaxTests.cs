using System.Text;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Tests.Codecs;

public sealed class GoJsonSyntaxTests
{
    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("{\"a\"", "unexpected end of JSON input")]
    [InlineData("}", "invalid character '}' looking for beginning of value")]
    [InlineData("{\"a\":1} x", "invalid character 'x' after top-level value")]
    [InlineData("{\"a\":1,}", "invalid character '}' looking for beginning of object key string")]
    [InlineData("{'a':1}", "invalid character '\\'' looking for beginning of object key string")]
    [InlineData("{\"a\" 1}", "invalid character '1' after object key")]
    [InlineData("{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair")]
    [InlineData("[1 2]", "invalid character '2' after array element")]
    [InlineData("[1,]", "invalid character ']' looking for beginning of value")]
    [InlineData("\"a\nb\"", "invalid character '\\n' in string literal")]
    [InlineData("\"\\x\"", "invalid character 'x' in string escape code")]
    [InlineData("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape")]
    [InlineData("tru", "invalid character ' ' in literal true (expecting 'e')")]
    [InlineData("[-", "invalid character ' ' in numeric literal")]
    [InlineData("7e+", "invalid character ' ' in exponent of numeric literal")]
    [InlineData("\"\\u00", "invalid character ' ' in \\u hexadecimal character escape")]
    [InlineData("[7", "unexpected end of JSON input")]
    [InlineData("trux", "invalid character 'x' in literal true (expecting 'e')")]
    [InlineData("-x", "invalid character 'x' in numeric literal")]
    [InlineData("1.x", "invalid character 'x' after decimal point in numeric literal")]
    [InlineData("1ex", "invalid character 'x' in exponent of numeric literal")]
    [InlineData("01", "invalid character '1' after top-level value")]
    [InlineData("\uFEFF{}", "invalid character 'ï' looking for beginning of value")]
    public void Broken_text_is_described_as_Go_describes_it(string json, string message) =>
        Assert.Equal(message, GoJsonSyntax.TryDescribe(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData(" {\"a\": [1, -0.5e+3, true, null, \"\\u00e9\"], \"b\": {}} ")]
    [InlineData("[]")]
    [InlineData("0")]
    public void Whole_text_has_no_fault(string json) => Assert.Null(GoJsonSyntax.TryDescribe(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Ten_thousand_levels_are_the_limit()
    {
        Assert.Null(GoJsonSyntax.TryDescribe(Encoding.UTF8.GetBytes(new string('[', 10000) + new string(']', 10000))));
        Assert.Equal("invalid character '[' exceeded max depth", GoJsonSyntax.TryDescribe(Encoding.UTF8.GetBytes(new string('[', 10001) + new string(']', 10001))));
    }
}
