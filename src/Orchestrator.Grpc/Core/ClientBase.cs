namespace Grpc.Core;

/// <summary>Base of generated clients.</summary>
public abstract class ClientBase
{
    private readonly CallInvoker? _callInvoker;

    /// <summary>For test doubles, which override every method.</summary>
    protected ClientBase()
    {
    }

    /// <summary>With the configuration of another client.</summary>
    protected ClientBase(ClientBaseConfiguration configuration) => _callInvoker = configuration.CallInvoker;

    /// <summary>Over a channel.</summary>
    protected ClientBase(ChannelBase channel) => _callInvoker = channel.CreateCallInvoker();

    /// <summary>Over an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker) => _callInvoker = callInvoker;

    /// <summary>What the calls go through.</summary>
    protected CallInvoker CallInvoker =>
        _callInvoker ?? throw new NotSupportedException("This client was made without a channel, for tests, and the method is not overridden.");

    /// <summary>What a client is made from.</summary>
    protected internal class ClientBaseConfiguration
    {
        internal ClientBaseConfiguration(CallInvoker callInvoker) => CallInvoker = callInvoker;

        internal CallInvoker CallInvoker { get; }
    }
}
