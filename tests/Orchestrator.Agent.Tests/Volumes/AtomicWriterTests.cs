using System.Text;
using Orchestrator.Agent.Volumes;

namespace Orchestrator.Agent.Tests.Volumes;

public sealed class AtomicWriterTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("volume-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_are_seen_through_one_link_that_an_update_moves()
    {
        Assert.True(Write(Now, ("a", "1"), ("sub/b", "2")));
        var first = new FileInfo(Path.Combine(_folder, "..data")).LinkTarget!;
        Assert.Equal("1", File.ReadAllText(Path.Combine(_folder, "a")));
        Assert.Equal("..data/sub", new FileInfo(Path.Combine(_folder, "sub")).LinkTarget);

        Assert.True(Write(Now.AddSeconds(1), ("a", "3")));
        Assert.Equal("3", File.ReadAllText(Path.Combine(_folder, "a")));
        Assert.False(Path.Exists(Path.Combine(_folder, "sub")));
        Assert.False(Directory.Exists(Path.Combine(_folder, first)));
    }

    [Fact]
    public void Same_files_again_change_nothing()
    {
        Write(Now, ("a", "1"));
        var before = new FileInfo(Path.Combine(_folder, "..data")).LinkTarget;

        Assert.False(Write(Now.AddSeconds(1), ("a", "1")));
        Assert.Equal(before, new FileInfo(Path.Combine(_folder, "..data")).LinkTarget);
    }

    private bool Write(DateTimeOffset now, params (string Path, string Text)[] files) =>
        AtomicWriter.Write(_folder, files.ToDictionary(f => f.Path, f => new ProjectedFile(Encoding.UTF8.GetBytes(f.Text), 420)), now, _ => { });
}
