using System.Net;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Reloading;

public sealed class ReloadTests
{
    private const string Everybody = """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AuthorizationConfiguration
        authorizers: [{type: RBAC, name: rbac}, {type: AlwaysAllow, name: alwaysallow}]
        """;

    private const string Nobody = """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AuthorizationConfiguration
        authorizers: [{type: RBAC, name: rbac}]
        """;

    [Fact]
    public async Task A_changed_authorization_file_is_in_force_and_a_bad_one_is_not()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        TemporaryDirectory files = null!;
        await using var server = await LiveServer.StartAsync(cancellationToken, (options, directory) =>
        {
            files = directory;
            File.WriteAllText(directory["authz.yaml"], Nobody);
            return options with { Authorization = AuthorizationConfigReader.Load(directory["authz.yaml"]) };
        });
        using var quiet = server.NewClient("quiet-token");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync());

        await File.WriteAllTextAsync(files["authz.yaml"], Everybody, cancellationToken);
        await UntilAsync(async () => await StatusAsync() == HttpStatusCode.OK);
        Assert.Contains("apiserver_authorization_config_controller_automatic_reloads_total", await server.GetAsync("/metrics", cancellationToken), StringComparison.Ordinal);

        await File.WriteAllTextAsync(files["authz.yaml"], "authorizers: []", cancellationToken);
        await UntilAsync(async () => (await server.GetAsync("/metrics", cancellationToken)).Contains("status=\"failure\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync());

        async Task<HttpStatusCode> StatusAsync()
        {
            using var answer = await quiet.GetAsync(new Uri("/api/v1/namespaces/default/secrets", UriKind.Relative), cancellationToken);
            return answer.StatusCode;
        }

        async Task UntilAsync(Func<Task<bool>> holds)
        {
            var started = TimeProvider.System.GetTimestamp();
            while (!await holds())
            {
                Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(1), "waited for a minute");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }
    }
}
