using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller puts a message: either one whole array, or a buffer writer and then <see cref="Complete()"/>.</summary>
public abstract class SerializationContext
{
    /// <summary>Gives the whole message.</summary>
    public virtual void Complete(byte[] payload) => throw new NotSupportedException();

    /// <summary>The buffer to write the message into.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotSupportedException();

    /// <summary>Says the length in bytes before the first write, so that no buffer has to grow.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Ends the message in the buffer writer.</summary>
    public virtual void Complete() => throw new NotSupportedException();
}
