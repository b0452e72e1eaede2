namespace Grpc.Core;

/// <summary>Hints for one message.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>Send it at once.</summary>
    None = 0,

    /// <summary>It may wait in the buffer for the next message.</summary>
    BufferHint = 1,

    /// <summary>Send it uncompressed, even on a compressed call.</summary>
    NoCompress = 2,
}
