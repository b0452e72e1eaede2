using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Tests;

/// <summary>Values whose types are only known when the expression runs.</summary>
public sealed class DynamicTests
{
    [Theory]
    [InlineData("x.list.name", "error: unsupported index type 'string' in list")]
    [InlineData("has(x.list.name)", "error: unsupported index type 'string' in list")]
    [InlineData("x.?list.?name", "error: unsupported index type 'string' in list")]
    [InlineData("has(x.number.name)", "false")]
    [InlineData("size(x.number)", "error: no such overload: size")]
    [InlineData("x.number.startsWith('a')", "error: no such overload")]
    [InlineData("x.text.matches(x.number)", "error: no such overload")]
    [InlineData("!x.text", "error: no such overload")]
    [InlineData("x.text.all(c, true)", "error: got 'types.String', expected iterable type")]
    [InlineData("x.number.exists(c, true)", "error: got 'types.Int', expected iterable type")]
    [InlineData("x.list.flatten()", "[5, six]")]
    [InlineData("quantity('3').compareTo(x)", "error: no such overload: compareTo(kubernetes.Quantity, map)")]
    [InlineData("{x.text: 1, dyn('word'): 2}['word']", "2")]
    [InlineData("{x.list: 1}.size()", "1")]
    [InlineData("cidr('10.0.0.0/8').containsIP('ten')", "error: no such overload")]
    public void Fails_as_upstream(string expression, string expected)
    {
        var map = new CelDictionary();
        map.TryAdd("number", 5);
        map.TryAdd("text", "word");
        map.TryAdd("list", new CelArray(5, "six"));
        Assert.Equal(expected, Cel.Run(expression, map));
    }

    [Theory]
    [InlineData("quantity('1Pi').isInteger()", "false")]
    [InlineData("quantity('64Mi').asInteger()", "67108864")]
    [InlineData("quantity('2.5Ki').isInteger()", "false")]
    [InlineData("quantity('2000m').isInteger()", "false")]
    [InlineData("quantity('20E').asApproximateFloat()", "2e+19")]
    [InlineData("sign(quantity('-3'))", "-1")]
    [InlineData("quantity('20E').add(quantity('-1')) < quantity('20E')", "ERROR: <input>:1:37: found no matching overload for '_<_' applied to '(kubernetes.Quantity, kubernetes.Quantity)'")]
    [InlineData("quantity('20E').sub(1).isLessThan(quantity('20E'))", "true")]
    [InlineData("format.dns1123Label().validate('a.b').value()[0]", "must not contain dots")]
    [InlineData("format.uri().validate('relative').value()[0]", "parse \"relative\": invalid URI for request")]
    [InlineData("isURL('http://host#part')", "false")]
    [InlineData("timestamp('9999-12-31T23:00:00Z').getHours('+02:00')", "23")]
    [InlineData("timestamp('2021-02-03T04:05:06Z').getHours('+24:00')", "error: timezone offset hours out of range [-23, 23]: +24:00")]
    public void Libraries_answer_as_upstream(string expression, string expected) => Assert.Equal(expected, Cel.Run(expression).Split('\n')[0]);
}
