using System.Collections.Concurrent;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Grpc;
using Orchestrator.Kms.V2;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>
/// A key management service, version 2: it encrypts a seed of ours once, values are encrypted here under keys derived from the seed. So a write costs
/// no call, and a read costs one for each seed that this process has not met.
/// </summary>
internal sealed class KmsCipher : IValueCipher, IDisposable
{
    private const int SeedSize = 32;
    private const int InfoSize = 32;

    private readonly Lock _lock = new();
    private readonly KeyManagementService.KeyManagementServiceClient _service;
    private readonly IDisposable _channel;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<ByteString, byte[]> _seeds = [];
    private EncryptResponse? _current;
    private byte[] _currentSeed = [];

    /// <param name="name">The provider's name in the configuration.</param>
    /// <param name="endpoint">Such as <c>unix:///run/kms.sock</c>.</param>
    /// <param name="timeout">For each call.</param>
    /// <param name="time">The clock.</param>
    public KmsCipher(string name, string endpoint, TimeSpan timeout, TimeProvider time)
    {
        Prefix = $"k8s:enc:kms:v2:{name}:";
        (_timeout, _time) = (timeout, time);
        var channel = GrpcChannels.Create(endpoint);
        _channel = channel;
        _service = new KeyManagementService.KeyManagementServiceClient(channel);
    }

    public string Prefix { get; }

    public byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context)
    {
        var (seed, source) = Current();
        Span<byte> info = stackalloc byte[InfoSize];
        RandomNumberGenerator.Fill(info);
        return new EncryptedObject
        {
            EncryptedData = ByteString.CopyFrom([.. info, .. AesGcmCipher.Seal(KeyOf(seed, info), plain, context)]),
            KeyId = source.KeyId,
            EncryptedDekSource = source.Ciphertext,
            Annotations = { source.Annotations },
            EncryptedDekSourceType = EncryptedDekSourceType.HkdfSha256XnonceAesGcmSeed,
        }.ToByteArray();
    }

    public byte[] Open(ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> context)
    {
        EncryptedObject stored;
        try
        {
            stored = EncryptedObject.Parser.ParseFrom(sealedValue);
        }
        catch (InvalidProtocolBufferException broken)
        {
            throw new CryptographicException("the value is no encrypted object of a key management service", broken);
        }

        var seed = SeedOf(stored);
        var data = stored.EncryptedData.Span;
        if (stored.EncryptedDekSourceType == EncryptedDekSourceType.AesGcmKey)
        {
            return AesGcmCipher.Open(seed, data, context);
        }

        return data.Length >= InfoSize
            ? AesGcmCipher.Open(KeyOf(seed, data[..InfoSize]), data[InfoSize..], context)
            : throw new CryptographicException("the value is shorter than its key's name");
    }

    /// <summary>Asks the service which key is current: a new one makes new seeds.</summary>
    /// <returns>What is wrong, or null.</returns>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            var status = await _service.StatusAsync(new StatusRequest(), Options(cancellationToken));
            lock (_lock)
            {
                if (_current is not null && _current.KeyId != status.KeyId)
                {
                    _current = null;
                }
            }

            return status.Healthz == "ok" ? null : status.Healthz;
        }
        catch (RpcException failure)
        {
            return failure.Status.Detail;
        }
    }

    public void Dispose() => _channel.Dispose();

    private static byte[] KeyOf(byte[] seed, ReadOnlySpan<byte> info)
    {
        var key = new byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, seed, key, info);
        return key;
    }

    /// <summary>The seed for writing; made at the first write, and anew when the service's key changed.</summary>
    private (byte[] Seed, EncryptResponse Source) Current()
    {
        lock (_lock)
        {
            if (_current is null)
            {
                var seed = RandomNumberGenerator.GetBytes(SeedSize);
                _current = Await(_service.EncryptAsync(new EncryptRequest { Plaintext = ByteString.CopyFrom(seed), Uid = Guid.NewGuid().ToString() }, Options(default)).ResponseAsync);
                _currentSeed = seed;
                _seeds[_current.Ciphertext] = seed;
            }

            return (_currentSeed, _current);
        }
    }

    private byte[] SeedOf(EncryptedObject stored)
    {
        if (_seeds.TryGetValue(stored.EncryptedDekSource, out var seed))
        {
            return seed;
        }

        var answer = Await(_service.DecryptAsync(
            new DecryptRequest { Ciphertext = stored.EncryptedDekSource, KeyId = stored.KeyId, Uid = Guid.NewGuid().ToString(), Annotations = { stored.Annotations } },
            Options(default)).ResponseAsync);
        return _seeds[stored.EncryptedDekSource] = answer.Plaintext.ToByteArray();
    }

    private CallOptions Options(CancellationToken cancellationToken) => new(deadline: _time.GetUtcNow().UtcDateTime + _timeout, cancellationToken: cancellationToken);

    /// <summary>
    /// The engines seal and open on their own threads, synchronously; a seed is asked for once, so a thread is held for a moment once in a seed's life. The
    /// call runs on the pool, so the thread that waits is not one that it needs.
    /// </summary>
    private static T Await<T>(Task<T> call)
    {
        try
        {
            return Task.Run(() => call).GetAwaiter().GetResult();
        }
        catch (RpcException failure)
        {
            throw new CryptographicException($"the key management service does not answer: {failure.Status.Detail}", failure);
        }
    }
}
