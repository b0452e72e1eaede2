namespace Orchestrator.Cel.Tests;

public sealed class MessageTests
{
    private const string OfExpressions =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

    [Theory]
    [InlineData("i >", $"1:4: Syntax error: mismatched input '<EOF>' expecting {OfExpressions}")]
    [InlineData("size(", "1:6: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}")]
    [InlineData("", $"1:0: Syntax error: mismatched input '<EOF>' expecting {OfExpressions}")]
    [InlineData("i i", "1:3: Syntax error: extraneous input 'i' expecting <EOF>")]
    [InlineData("(i", "1:3: Syntax error: missing ')' at '<EOF>'")]
    [InlineData("[1, 2", "1:6: Syntax error: mismatched input '<EOF>' expecting {']', ','}")]
    [InlineData("x.true", "1:3: Syntax error: no viable alternative at input '.true'")]
    [InlineData("i ? 1", "1:6: Syntax error: mismatched input '<EOF>' expecting ':'")]
    [InlineData("{", "1:2: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '}', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}")]
    [InlineData("has(x)", "1:5: invalid argument to has() macro")]
    [InlineData("l.all(1, true)", "1:7: argument must be a simple name")]
    [InlineData("l.map(1, true)", "1:7: argument is not an identifier")]
    [InlineData("if", "1:1: reserved identifier: if")]
    [InlineData("99999999999999999999", "1:1: invalid int literal")]
    [InlineData("nope", "1:1: undeclared reference to 'nope' (in container '')")]
    [InlineData("nofunc(i)", "1:7: undeclared reference to 'nofunc' (in container '')")]
    [InlineData("i + s", "1:3: found no matching overload for '_+_' applied to '(int, string)'")]
    [InlineData("s.matches(1)", "1:10: found no matching overload for 'matches' applied to 'string.(int)'")]
    [InlineData("size(i)", "1:5: found no matching overload for 'size' applied to '(int)'")]
    [InlineData("i && true", "1:1: expected type 'bool' but found 'int'")]
    [InlineData("[1, 2].all(v, v)", "1:15: expected type 'bool' but found 'int'")]
    [InlineData("[1, 'a']", "1:5: expected type 'int' but found 'string'")]
    [InlineData("i.a", "1:2: type 'int' does not support field selection")]
    [InlineData("i.map(v, v)", "1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)")]
    [InlineData("s.matches('(')", "1:11: invalid matches argument")]
    [InlineData("duration('x')", "1:10: invalid duration argument")]
    [InlineData("m.?a == 1", "1:6: found no matching overload for '_==_' applied to '(optional_type(int), int)'")]
    [InlineData("nope.a + also", "1:1: undeclared reference to 'nope' (in container '')")]
    [InlineData("i # 1", "1:3: Syntax error: token recognition error at: '#'")]
    [InlineData("x.a =", "1:5: Syntax error: token recognition error at: '='")]
    public void Tells_place_and_fault(string expression, string expected)
    {
        var first = Cel.Run(expression).Split('\n')[0];
        Assert.Equal("ERROR: <input>:" + expected, first);
    }

    [Fact]
    public void Points_at_the_place() => Assert.Equal(
        "ERROR: <input>:2:3: undeclared reference to 'nope' (in container '')\n |   nope\n | ..^",
        Cel.Run("i == \n  nope"));

    [Fact]
    public void Tells_several_faults_in_order() => Assert.Equal(
        """
        ERROR: <input>:1:1: Syntax error: extraneous input '*' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
         | *@a | b
         | ^
        ERROR: <input>:1:2: Syntax error: token recognition error at: '@'
         | *@a | b
         | .^
        ERROR: <input>:1:5: Syntax error: token recognition error at: '| '
         | *@a | b
         | ....^
        ERROR: <input>:1:7: Syntax error: extraneous input 'b' expecting <EOF>
         | *@a | b
         | ......^
        """.ReplaceLineEndings("\n"),
        Cel.Run("*@a | b"));
}
