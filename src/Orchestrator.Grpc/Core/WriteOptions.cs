namespace Grpc.Core;

/// <summary>Options for messages to be written.</summary>
public class WriteOptions(WriteFlags flags = WriteFlags.None)
{
    /// <summary>No hint.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>The hints.</summary>
    public WriteFlags Flags { get; } = flags;
}
