namespace Grpc.Core;

/// <summary>A way to a server.</summary>
public abstract class ChannelBase(string target)
{
    /// <summary>The address of the server.</summary>
    public string Target { get; } = target;

    /// <summary>What clients of this channel call through.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends all calls and closes the connections.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>What <see cref="ShutdownAsync"/> does.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
