using System.Security.Cryptography;
using Orchestrator.ApiServer.Encryption;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Encryption;

public sealed class KmsCipherTests : IAsyncLifetime
{
    private static readonly byte[] Value = "a value to hide"u8.ToArray();
    private static readonly byte[] Context = "secrets/default/one"u8.ToArray();
    private readonly TemporaryDirectory _directory = new();
    private readonly KmsServer.Probe _probe = new();
    private KmsServer _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await KmsServer.StartAsync(_directory["s"], _probe, Cancel);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void Many_writes_cost_one_call_and_another_process_reads_them_with_one()
    {
        using var writer = Cipher();
        var stored = Enumerable.Range(0, 5).Select(_ => writer.Seal(Value, Context)).ToArray();
        Assert.Equal((1, 0), (_probe.Encryptions, _probe.Decryptions));
        Assert.Equal(5, stored.Select(Convert.ToHexString).Distinct().Count());

        using var reader = Cipher();
        Assert.All(stored, s => Assert.Equal(Value, reader.Open(s, Context)));
        Assert.Equal((1, 1), (_probe.Encryptions, _probe.Decryptions));
        Assert.ThrowsAny<CryptographicException>(() => reader.Open(stored[0], "secrets/default/two"u8));
    }

    [Fact]
    public async Task A_new_key_of_the_service_makes_a_new_seed_and_old_values_still_open()
    {
        using var cipher = Cipher();
        var old = cipher.Seal(Value, Context);
        _probe.KeyId = "2";
        Assert.Null(await cipher.CheckAsync(Cancel));
        var fresh = cipher.Seal(Value, Context);
        Assert.Equal(2, _probe.Encryptions);
        Assert.Equal(Value, cipher.Open(old, Context));
        Assert.Equal(Value, cipher.Open(fresh, Context));
    }

    [Fact]
    public async Task A_service_that_is_gone_refuses_writes_and_says_so()
    {
        using var cipher = Cipher();
        await _server.DisposeAsync();
        Assert.Contains("does not answer", Assert.Throws<CryptographicException>(() => cipher.Seal(Value, Context)).Message, StringComparison.Ordinal);
        Assert.NotNull(await cipher.CheckAsync(Cancel));
    }

    private KmsCipher Cipher() => new("kms", "unix://" + _directory["s"], TimeSpan.FromSeconds(5), TimeProvider.System);
}
