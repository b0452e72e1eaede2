using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Tests;

/// <summary>What is found wrong with literals after types are checked, and what constants cost.</summary>
public sealed class LiteralTests
{
    [Theory]
    [InlineData("[7, 'x', true]", "1:5: expected type 'int' but found 'string'")]
    [InlineData("[[7], [7, 'x']]", "1:7: expected type 'list(int)' but found 'list(dyn)'")]
    [InlineData("{'a': 7, 8: true}", "1:10: expected type 'string' but found 'int'")]
    [InlineData("sets.contains([7], [8u, 9])", "1:25: expected type 'uint' but found 'int'")]
    [InlineData("timestamp(-99999999999)", "1:11: invalid timestamp argument")]
    [InlineData("'%d of %d'.format([i])", "1:18: index 1 out of range")]
    [InlineData("'%d'.format([s])", "1:14: error during formatting: decimal clause can only be used on integers, was given string")]
    [InlineData("'plain'.format([s])", "1:15: too many arguments supplied to string.format (expected 0, got 1)")]
    [InlineData("'100%'.format([s])", "1:14: unexpected end of string")]
    [InlineData("'%q'.format([s])", "1:12: could not parse formatting clause: unrecognized formatting clause \"q\"")]
    [InlineData("'%s'.format([[optional.of(i)]])", "1:26: error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given optional_type")]
    [InlineData("s.reverse()", "1:10: found no matching overload for 'reverse' applied to 'string.()'")]
    [InlineData("Nowhere{a: nope}", "1:8: undeclared reference to 'Nowhere' (in container '')")]
    [InlineData("1 + .nope", "1:6: undeclared reference to '.nope' (in container '')")]
    [InlineData("kubernetes.Quantity", "1:1: undeclared reference to 'kubernetes' (in container '')")]
    [InlineData("[?nope]", "1:3: undeclared reference to 'nope' (in container '')")]
    public void Tells_the_first_fault(string expression, string expected) =>
        Assert.Equal("ERROR: <input>:" + expected, Cel.Run(expression).Split('\n')[0]);

    [Fact]
    public void Arguments_of_a_format_may_be_mixed() => Assert.Equal("text: [1, \"b\", 2.500000]", Cel.Run("'%s: %s'.format([s, [1, 'b', 2.5]])"));

    [Theory]
    [InlineData("'%f'.format([1234567.25])", "1,234,567.250000")]
    [InlineData("'%.1f'.format([-0.04])", "-0.0")]
    [InlineData("'%e'.format([0.00125])", "1.250000×10⁻⁰³")]
    [InlineData("'%12e|'.format([1.0])", "ERROR: <input>:1:15: could not parse formatting clause: unrecognized formatting clause \"1\"")]
    [InlineData("'%.15e|'.format([1.0])", "  1.000000×10⁰⁰|")]
    [InlineData("'%s'.format([dyn('1.5')])", "1.5")]
    [InlineData("'%.5000f'.format([1.0])", "ERROR: <input>:1:17: could not parse formatting clause: error while parsing precision: precision 5000 exceeds maximum allowed precision 1000")]
    public void Formats_as_upstream(string expression, string expected) => Assert.Equal(expected, Cel.Run(expression).Split('\n')[0]);

    [Theory]
    [InlineData("uint(-4)", "unsigned integer overflow")]
    [InlineData("i == int('4x')", "type conversion error from 'string' to 'int'")]
    [InlineData("s.find('a(b')", "error parsing regexp: missing closing ): `a(b`")]
    public void A_constant_that_cannot_be_computed_makes_no_program(string expression, string fault)
    {
        var compilation = Cel.Compile(expression);
        Assert.False(compilation.Succeeded);
        Assert.Equal("program instantiation failed: " + fault, compilation.Failure);
        Assert.Equal(CelType.Error, compilation.ResultType);
    }

    [Theory]
    [InlineData("[4, 5, 6]", 0)]
    [InlineData("{'a': [4]}", 0)]
    [InlineData("timestamp('2021-02-03T04:05:06Z')", 0)]
    [InlineData("i in [3, 4]", 1)]
    [InlineData("i in [i, 4]", 14)]
    [InlineData("[4, 5][1]", 2)]
    [InlineData("i > 2 ? i : 0", 2)]
    [InlineData("l.map(e, e)", 41)]
    [InlineData("l.map(e, 1)", 8)]
    [InlineData("l.filter(e, e > 2)", 21)]
    [InlineData("sets.equivalent(l, l)", 21)]
    [InlineData("l.distinct()", 30)]
    [InlineData("['b', 'a'].sort()", 19)]
    [InlineData("l.slice(0, 2)", 14)]
    [InlineData("strings.quote(s)", 2)]
    public void Costs_what_upstream_charges(string expression, int expected) =>
        Assert.Equal((ulong)expected, Cel.Evaluate(Cel.Compile(expression)).Cost);

    [Theory]
    [InlineData("sets.equivalent(l, l)", 803)]
    [InlineData("isIP(s)", 5)]
    [InlineData("lists.range(3)", 14)]
    [InlineData("l.slice(1, 3)", 14)]
    public void Estimates_what_upstream_estimates(string expression, int expected) =>
        Assert.Equal((ulong)expected, Cel.Compile(expression).EstimateCost(new Sizes()).Max);

    [Fact]
    public void A_chain_of_optional_maps_is_checked_in_reasonable_time()
    {
        var expression = "optional.of(i)" + string.Concat(Enumerable.Range(0, 12).Select(n => $".optMap(v{n}, v{n} + 1)")) + ".value()";
        Assert.Equal("15", Cel.Run(expression));
    }

    private sealed class Sizes : Costs.ICelSizeEstimator
    {
        public Costs.CostRange? EstimateSize(Costs.CostNode node) => node.Path is [var name] ? name switch { "l" => new(0, 20), "s" => new(0, 40), _ => null } : null;
    }
}
