namespace Grpc.Core;

/// <summary>Base of generated clients of one kind.</summary>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>For test doubles, which override every method.</summary>
    protected ClientBase()
    {
    }

    /// <summary>With the configuration of another client.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>Over a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>Over an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>A client of the same kind with another configuration.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
