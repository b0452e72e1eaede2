using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Runtime;
using Orchestrator.Protos.Cri;

namespace Orchestrator.Agent.Tests.Pods;

public sealed class UserNamespacesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("userns-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Pods_get_ranges_of_their_own_and_keep_them_when_the_agent_starts_again()
    {
        var first = await Users(supported: true).OfAsync(Pod("a"), "", TestContext.Current.CancellationToken);
        var users = Users(supported: true);
        var other = await users.OfAsync(Pod("b"), "", TestContext.Current.CancellationToken);
        var again = await users.OfAsync(Pod("a"), "", TestContext.Current.CancellationToken);

        Assert.Equal((NamespaceMode.Pod, 65536u, 65536u), (first.Mode, first.Uids[0].HostId, first.Gids[0].Length));
        Assert.Equal(131072u, other.Uids[0].HostId);
        Assert.Equal(first, again);
        users.Release("a");
        Assert.Equal(first.Uids, (await users.OfAsync(Pod("c"), "", TestContext.Current.CancellationToken)).Uids);
    }

    [Fact]
    public async Task Pod_is_not_run_as_the_nodes_users_if_the_runtime_has_no_others()
    {
        var refused = await Assert.ThrowsAsync<NotSupportedException>(() => Users(supported: false).OfAsync(Pod("a"), "", TestContext.Current.CancellationToken));

        Assert.Equal("can't set `spec.hostUsers: false`, runtime does not support user namespaces", refused.Message);
    }

    private static Pod Pod(string uid) => new() { Metadata = new() { Uid = uid }, Spec = new() { HostUsers = false } };

    private UserNamespaces Users(bool supported)
    {
        var handlers = new RuntimeHandlers(runtime: null!);
        handlers.Learn(new() { RuntimeHandlers = { new RuntimeHandler { Name = "", Features = new() { UserNamespaces = supported } } } });
        return new(new PodPaths(new() { NodeName = "n", NodeAddresses = [], RuntimeEndpoint = "", RootDirectory = _folder }), handlers);
    }
}
