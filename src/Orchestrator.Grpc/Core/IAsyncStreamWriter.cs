namespace Grpc.Core;

/// <summary>Messages that are sent one after the other. One write at a time.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>Options for the messages that follow, or null.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Sends a message; done when the transport has taken it.</summary>
    Task WriteAsync(T message);

    /// <summary>Sends a message; done when the transport has taken it. Cancelling cancels the call.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken);
}
