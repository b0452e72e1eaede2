using Orchestrator.Settings;

namespace Orchestrator.Tests.Settings;

public sealed class DataDirectoryLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Second_program_is_kept_off_until_the_first_lets_go()
    {
        var data = new DataDirectory(_directory["data"]);
        using (DataDirectoryLock.Take(data))
        {
            Assert.Equal(
                $"the data directory {data.Path} is in use by another orchestrator; stop it, or name another with --data-dir",
                Assert.Throws<SettingException>(() => DataDirectoryLock.Take(data)).Message);
        }

        DataDirectoryLock.Take(data).Dispose();
    }

    [Fact]
    public void Directory_that_cannot_be_made_is_told_in_one_line()
    {
        File.WriteAllText(_directory["file"], "");
        var message = Assert.Throws<SettingException>(() => DataDirectoryLock.Take(new(_directory["file"]))).Message;
        Assert.StartsWith($"cannot use the data directory {_directory["file"]}: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
