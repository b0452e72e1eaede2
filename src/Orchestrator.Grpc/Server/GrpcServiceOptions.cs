namespace Grpc.AspNetCore.Server;

/// <summary>Settings of the gRPC services of a server.</summary>
public sealed class GrpcServiceOptions
{
    /// <summary>Largest message to send in bytes; null for no limit, the default.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message to receive in bytes, null for no limit. Default 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>True if clients see the text of exceptions that no service expected. Default false.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary><c>gzip</c> to compress responses for clients that accept it; null, the default, for none.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }
}
