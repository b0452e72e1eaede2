namespace Grpc.Core;

/// <summary>A call that did not end with <see cref="StatusCode.OK"/>. Services throw it to choose their answer.</summary>
public class RpcException : Exception
{
    /// <summary>A failure with a status.</summary>
    public RpcException(Status status)
        : this(status, new Metadata(), status.ToString())
    {
    }

    /// <summary>A failure with a status and the text of the exception.</summary>
    public RpcException(Status status, string message)
        : this(status, new Metadata(), message)
    {
    }

    /// <summary>A failure with a status and the trailers that came, or are to be sent, with it.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A failure with a status, trailers and the text of the exception.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        Status = status;
        Trailers = trailers;
    }

    /// <summary>The status of the call.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The trailers of the call; empty if there were none.</summary>
    public Metadata Trailers { get; }
}
