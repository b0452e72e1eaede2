namespace Grpc.Core;

/// <summary>How messages of a type become bytes and come back.</summary>
public class Marshaller<T>
{
    /// <summary>Over arrays.</summary>
    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
        : this((message, context) => context.Complete(serializer(message)), context => deserializer(context.PayloadAsNewBuffer()))
    {
        Serializer = serializer;
        Deserializer = deserializer;
    }

    /// <summary>Over the buffers of the transport, without a copy.</summary>
    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ContextualSerializer = serializer;
        ContextualDeserializer = deserializer;
        Serializer = _ => throw new NotSupportedException("This marshaller has contextual functions only.");
        Deserializer = _ => throw new NotSupportedException("This marshaller has contextual functions only.");
    }

    /// <summary>Message to array, where the marshaller was made so.</summary>
    public Func<T, byte[]> Serializer { get; }

    /// <summary>Array to message, where the marshaller was made so.</summary>
    public Func<byte[], T> Deserializer { get; }

    /// <summary>Message into the context's buffer.</summary>
    public Action<T, SerializationContext> ContextualSerializer { get; }

    /// <summary>Message from the context's payload.</summary>
    public Func<DeserializationContext, T> ContextualDeserializer { get; }
}
