using System.Text;
using Orchestrator.Agent.Logs;

namespace Orchestrator.Agent.Tests.Logs;

public sealed class LogReaderTests : IDisposable
{
    private const string T = "2026-01-02T03:04:05.000000006Z";
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("log-tests-").FullName, "0.log");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public async Task Partial_lines_are_joined_and_streams_told_apart()
    {
        File.WriteAllText(_path, $"{T} stdout P one \n{T} stdout F line\n{T} stderr F bad\nnonsense\n");

        Assert.Equal("one line\nbad\n", await ReadAsync(new LogReadOptions()));
        Assert.Equal("bad\n", await ReadAsync(new LogReadOptions { Streams = LogStreams.Error }));
        Assert.Equal($"{T} one line\n{T} bad\n", await ReadAsync(new LogReadOptions { Timestamps = true }));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "998\n999\n")]
    [InlineData(5000, null)]
    public async Task Tail_finds_the_last_lines_across_blocks(int lines, string? expected)
    {
        var padding = new string('x', 300);
        File.WriteAllLines(_path, Enumerable.Range(0, 1000).Select(i => $"{T} stdout F {(i < 990 ? padding : "")}{i}"));
        var text = await ReadAsync(new LogReadOptions { TailLines = lines });

        Assert.Equal(expected ?? text, text);
        Assert.Equal(Math.Min(lines, 1000), text.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Limit_cuts_inside_a_line_and_since_skips_old_ones()
    {
        File.WriteAllText(_path, $"2026-01-01T00:00:00Z stdout F old\n{T} stdout F new\n");

        Assert.Equal("ol", await ReadAsync(new LogReadOptions { LimitBytes = 2 }));
        Assert.Equal("new\n", await ReadAsync(new LogReadOptions { Since = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero) }));
    }

    [Fact]
    public async Task Following_goes_on_in_the_file_that_takes_the_name()
    {
        File.WriteAllText(_path, $"{T} stdout F one\n");
        var step = 0;
        var text = await ReadAsync(new LogReadOptions { Follow = true }, () =>
        {
            // What the runtime does while somebody follows: writes on, is rotated, ends.
            switch (step++)
            {
                case 0:
                    File.AppendAllText(_path, $"{T} stdout F two\n");
                    return true;
                case 1:
                    File.Move(_path, _path + ".1");
                    File.WriteAllText(_path, $"{T} stdout F three\n");
                    return true;
                default:
                    return false;
            }
        });

        Assert.Equal("one\ntwo\nthree\n", text);
    }

    private async Task<string> ReadAsync(LogReadOptions options, Func<bool>? isRunning = null)
    {
        using var output = new MemoryStream();
        await new LogReader(TimeProvider.System).ReadAsync(
            _path, options, output, _ => Task.FromResult(isRunning?.Invoke() ?? false), CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
