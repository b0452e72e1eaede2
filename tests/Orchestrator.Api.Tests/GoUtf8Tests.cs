using System.Text;
using Orchestrator.Api.Json;

namespace Orchestrator.Api.Tests;

public sealed class GoUtf8Tests
{
    [Theory]
    [InlineData("{\"a\":\"\u00e9\\ud83d\\ude00\\\\ud800\"}", "{\"a\":\"\u00e9\\ud83d\\ude00\\\\ud800\"}")]
    [InlineData("\"\\ud800x\"", "\"\\ufffdx\"")]
    [InlineData("\"\\udc00\\ud83d\"", "\"\\ufffd\\ufffd\"")]
    public void Escapes_of_half_a_character_become_the_replacement_character(string given, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(GoUtf8.Repair(Encoding.UTF8.GetBytes(given))));

    [Fact]
    public void Every_byte_that_begins_no_character_is_replaced_by_itself() =>
        Assert.Equal("\"a\uFFFD\uFFFDb\uFFFD\"", Encoding.UTF8.GetString(GoUtf8.Repair([(byte)'"', (byte)'a', 0xE2, 0x82, (byte)'b', 0xFF, (byte)'"'])));

    [Fact]
    public void Well_formed_text_is_not_copied()
    {
        var text = "{\"a\":\"\\u00e9\"}"u8.ToArray();
        Assert.Same(text, GoUtf8.Repair(text));
    }
}
