using System.Text;
using System.Text.Json;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Tests.Recorded;

namespace Orchestrator.ApiServer.Tests.Codecs;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("a: 1\nb: [x, 'y', \"z\"]\n", """{"a":1,"b":["x","y","z"]}""")]
    [InlineData("n: yes\non: ~\ns: 'no'\n", """{"false":true,"s":"no","true":null}""")]
    [InlineData("a: 010\nb: 0x1F\nc: 1_000\nd: 1.50\ne: 1e3\nf: .5\n", """{"a":8,"b":31,"c":1000,"d":1.5,"e":1000,"f":0.5}""")]
    [InlineData("d: 2001-01-01\nt: 12:30:45\nv: 1.2.3\n", """{"d":"2001-01-01","t":"12:30:45","v":"1.2.3"}""")]
    [InlineData("k: |\n  one\n  two\nf: >-\n  one\n  two\n", """{"f":"one two","k":"one\ntwo\n"}""")]
    [InlineData("base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3\n", """{"base":{"x":1,"z":2},"use":{"x":1,"z":3}}""")]
    [InlineData("a: 1\n---\nb: 2\n", """{"a":1}""")]
    [InlineData("a: !!str 5\n", """{"a":"5"}""")]
    [InlineData("", "null")]
    [InlineData("# nothing\n", "null")]
    public void Documents_become_the_JSON_that_upstream_makes_of_them(string yaml, string json) =>
        Assert.Equal(json, Encoding.UTF8.GetString(YamlText.ToJson(Encoding.UTF8.GetBytes(yaml), strict: false, out _)));

    [Theory]
    [InlineData("a: b: c", "yaml: mapping values are not allowed in this context")]
    [InlineData("\tx: y", "yaml: found character that cannot start any token")]
    [InlineData("{", "yaml: line 1: did not find expected node content")]
    [InlineData("a: *none", "yaml: unknown anchor 'none' referenced")]
    [InlineData("a: b\n c: d", "yaml: line 2: mapping values are not allowed in this context")]
    [InlineData("%YAML 1.2\n---\na: b", "yaml: found incompatible YAML document")]
    [InlineData("a: !!binary x", "yaml: !!binary value contains invalid base64 data")]
    public void Broken_text_is_told_in_libyamls_words(string yaml, string message) =>
        Assert.Equal(message, Assert.Throws<ApiDecodeException>(() => YamlText.ToJson(Encoding.UTF8.GetBytes(yaml), strict: false, out _)).Message);

    [Fact]
    public void Keys_given_twice_are_told_with_their_line()
    {
        YamlText.ToJson("a: 1\nb: 2\na: 3\nb: 3\n"u8.ToArray(), strict: true, out var issues);
        Assert.Equal(["yaml: unmarshal errors:\n  line 3: key \"a\" already set in map\n  line 4: key \"b\" already set in map"], issues);
    }

    [Theory]
    [InlineData("couldn't get it: no", "'couldn''t get it: no'")]
    [InlineData("couldn't get it", "couldn't get it")]
    [InlineData("it's #1", "'it''s #1'")]
    [InlineData("it's # 1", "'it''s # 1'")]
    [InlineData("-'", "-'")]
    public void Apostrophes_are_doubled_where_a_text_needs_quotes(string text, string yaml) =>
        Assert.Equal($"a: {yaml}\n", Encoding.UTF8.GetString(YamlText.FromJson(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["a"] = text }))));

    [Fact]
    public void Aliases_cannot_blow_up_a_small_text()
    {
        var yaml = new StringBuilder("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
        for (var c = 'b'; c < 'k'; c++)
        {
            yaml.Append($"{c}: &{c} [").AppendJoin(',', Enumerable.Repeat("*" + (char)(c - 1), 10)).Append("]\n");
        }

        Assert.Equal(
            "yaml: document contains excessive aliasing",
            Assert.Throws<ApiDecodeException>(() => YamlText.ToJson(Encoding.UTF8.GetBytes(yaml.ToString()), strict: false, out _)).Message);
    }

    [Fact]
    public void Answers_look_like_the_recorded_ones()
    {
        var compared = 0;
        foreach (var (scenario, steps) in GoldenScenarios.Scenarios("negotiation"))
        {
            foreach (var step in steps.Where(s => scenario.EndsWith("/yaml-out", StringComparison.Ordinal) && s.Answer.ValueKind == JsonValueKind.String))
            {
                var yaml = step.Answer.GetString()!.Replace("<time>", "2025-01-01T00:00:00Z", StringComparison.Ordinal).Replace("<rv>", "17", StringComparison.Ordinal);
                if (yaml.Length == 0 || yaml[0] == '{')
                {
                    continue;
                }

                compared++;
                var json = YamlText.ToJson(Encoding.UTF8.GetBytes(yaml), strict: false, out _);
                Assert.Equal(yaml, Encoding.UTF8.GetString(YamlText.FromJson(json)));
            }
        }

        Assert.True(compared >= 8);
    }
}
