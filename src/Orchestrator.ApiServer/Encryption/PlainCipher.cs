namespace Orchestrator.ApiServer.Encryption;

/// <summary>No encryption: the provider <c>identity</c>.</summary>
internal sealed class PlainCipher : IValueCipher
{
    public string Prefix => "";

    public byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context) => plain.ToArray();

    public byte[] Open(ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> context) => sealedValue.ToArray();
}
