using System.CommandLine;
using Orchestrator.Settings;

namespace Orchestrator.Tests.Settings;

public sealed class SettingReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string?> _environment = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Flag_wins_over_environment_over_file_over_default()
    {
        Assert.Equal(6443, Server().HttpsPort);

        var file = GivenFile("https-port: 1001");
        Assert.Equal(1001, Server("--config", file).HttpsPort);

        _environment["ORCHESTRATOR_HTTPS_PORT"] = "1002";
        Assert.Equal(1002, Server("--config", file).HttpsPort);
        Assert.Equal(1003, Server("--config", file, "--https-port", "1003").HttpsPort);
    }

    [Fact]
    public void Config_file_can_be_named_by_the_environment_and_hold_lists()
    {
        _environment["ORCHESTRATOR_CONFIG"] = GivenFile("store: etcd\netcd-endpoints:\n- https://10.0.0.1:2379\n- https://10.0.0.2:2379\n");
        Assert.Equal(["https://10.0.0.1:2379", "https://10.0.0.2:2379"], Server().EtcdEndpoints);
    }

    [Theory]
    [InlineData("--https-port", "0", "--https-port: '0' is not a port from 1 to 65535")]
    [InlineData("--https-port", "many", "--https-port: 'many' is not a port from 1 to 65535")]
    [InlineData("--controllers", "perhaps", "--controllers: 'perhaps' is not true or false")]
    [InlineData("--bind", "here", "--bind: 'here' is not an IP address")]
    [InlineData("--service-cluster-ip-range", "10.96.0.0/33", "--service-cluster-ip-range: '10.96.0.0/33' is not a network such as 10.96.0.0/16")]
    [InlineData("--store", "files", "--store: 'files' is not sqlite or etcd")]
    [InlineData("--store", "etcd", "--store etcd needs --etcd-endpoints, such as https://127.0.0.1:2379")]
    [InlineData("--cluster-cidr", "10.96.7.0/24", "--service-cluster-ip-range 10.96.0.0/16 and --cluster-cidr 10.96.7.0/24 overlap")]
    [InlineData("--history", "an hour", "--history: 'an hour' is not a duration such as 30s or 1h30m")]
    public void Impossible_value_is_refused_with_the_place_where_it_was_set(string flag, string value, string message) =>
        Assert.Equal(message, Assert.Throws<SettingException>(() => Server(flag, value)).Message);

    [Fact]
    public void Impossible_value_in_the_file_is_refused_with_the_file_and_key()
    {
        var file = GivenFile("https-port: x");
        Assert.Equal($"{file}: https-port: 'x' is not a port from 1 to 65535", Assert.Throws<SettingException>(() => Server("--config", file)).Message);
    }

    [Theory]
    [InlineData("data-dir: /a\nhttp-port: 1\n", ":2: there is no setting 'http-port'; the command's --help lists them")]
    [InlineData("https-port: {a: 1}\n", ":1: the value of 'https-port' must be a text or a list of texts")]
    [InlineData("- a\n", ": expected one mapping from settings to values")]
    public void Faulty_config_file_is_refused_with_the_line(string text, string message)
    {
        var file = GivenFile(text);
        Assert.Equal(file + message, Assert.Throws<SettingException>(() => Server("--config", file)).Message);
    }

    [Fact]
    public void Missing_config_file_is_an_error() =>
        Assert.StartsWith("cannot read the config file: ", Assert.Throws<SettingException>(() => Server("--config", _directory["absent"])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("1h30m", 5400)]
    [InlineData("90s", 90)]
    [InlineData("1500ms", 1.5)]
    public void Duration_is_read_as_in_Go(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Server("--history", text).History);

    private string GivenFile(string text)
    {
        File.WriteAllText(_directory["config.yaml"], text);
        return _directory["config.yaml"];
    }

    private ServerSettings Server(params string[] flags)
    {
        Setting[] settings = [SettingReader.Config, .. ServerSettings.All];
        var command = new Command("server");
        foreach (var setting in settings)
        {
            command.Add(setting.Option);
        }

        return ServerSettings.Read(SettingReader.For(command.Parse(flags), settings, name => _environment.GetValueOrDefault(name)));
    }
}
