namespace Grpc.Net.Client;

/// <summary>Settings of a <see cref="GrpcChannel"/>.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>What HTTP goes through; by default a <see cref="SocketsHttpHandler"/> of the channel's own.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>True if the channel disposes <see cref="HttpHandler"/> with itself. Default false.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Largest message to send in bytes; null for no limit, the default.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message to receive in bytes, null for no limit. Default 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>True if a cancelled call throws <see cref="OperationCanceledException"/> in place of an RpcException. Default false.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    internal TimeProvider Time { get; set; } = TimeProvider.System;
}
