using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ApiServer.Encryption;
using Orchestrator.ApiServer.Tests.Support;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Tests.Encryption;

public sealed class EncryptionTransformerTests
{
    private static readonly StoreKey Secret = new("secrets", "default/one");
    private static readonly byte[] Value = "a value to hide"u8.ToArray();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("aesgcm", 16)]
    [InlineData("aesgcm", 32)]
    [InlineData("aescbc", 32)]
    [InlineData("secretbox", 32)]
    public void What_is_sealed_opens_again_and_nowhere_else_looks_plain(string provider, int size)
    {
        var transformer = Of(Config(provider, ("key1", Key(1, size))));
        var stored = transformer.Seal(Secret, Value);
        Assert.StartsWith($"k8s:enc:{provider}:v1:key1:", Encoding.Latin1.GetString(stored.Span), StringComparison.Ordinal);
        Assert.DoesNotContain("hide", Encoding.Latin1.GetString(stored.Span), StringComparison.Ordinal);
        Assert.Equal(Value, transformer.Open(Secret, stored).ToArray());
        Assert.NotEqual(stored.ToArray(), transformer.Seal(Secret, Value).ToArray());
    }

    [Theory]
    [InlineData("aesgcm")]
    [InlineData("secretbox")]
    public void A_damaged_value_does_not_open(string provider)
    {
        var transformer = Of(Config(provider, ("key1", Key(1, 32))));
        var stored = transformer.Seal(Secret, Value).ToArray();
        stored[^1] ^= 1;
        Assert.Throws<StoreCorruptedException>(() => transformer.Open(Secret, stored));
    }

    [Fact]
    public void A_value_that_was_moved_to_another_name_does_not_open()
    {
        var transformer = Of(Config("aesgcm", ("key1", Key(1, 32))));
        var stored = transformer.Seal(Secret, Value);
        Assert.Throws<StoreCorruptedException>(() => transformer.Open(new StoreKey("secrets", "default/two"), stored));
    }

    [Fact]
    public void After_a_rotation_the_new_key_writes_and_the_old_one_still_reads()
    {
        var old = Of(Config("aesgcm", ("key1", Key(1, 32)))).Seal(Secret, Value);
        var rotated = Of(Config("aesgcm", ("key2", Key(2, 32)), ("key1", Key(1, 32))));
        Assert.Equal(Value, rotated.Open(Secret, old).ToArray());
        Assert.StartsWith("k8s:enc:aesgcm:v1:key2:", Encoding.Latin1.GetString(rotated.Seal(Secret, Value).Span), StringComparison.Ordinal);
        Assert.Throws<StoreCorruptedException>(() => Of(Config("aesgcm", ("key2", Key(2, 32)))).Open(Secret, old));
    }

    [Fact]
    public void What_an_earlier_key_wrote_is_stale_until_it_is_written_again()
    {
        var old = Of(Config("aesgcm", ("key1", Key(1, 32)))).Seal(Secret, Value);
        var rotated = Of(Config("aesgcm", ("key2", Key(2, 32)), ("key1", Key(1, 32))));
        Assert.False(rotated.IsStale(Secret));
        rotated.Open(Secret, old);
        Assert.True(rotated.IsStale(Secret));
        rotated.Seal(Secret, Value);
        Assert.False(rotated.IsStale(Secret));
    }

    [Fact]
    public async Task A_rotation_while_the_store_is_open_makes_its_values_stale()
    {
        await using var store = new InMemoryStore(new StoreOptions(), TimeProvider.System);
        await store.CommitAsync(new Transaction(Operation.Create(Secret, Value)), Cancel);
        var transformer = Of(Config("aesgcm", ("key1", Key(1, 32))));
        transformer.Replace(EncryptionConfigReader.Parse(Encoding.UTF8.GetBytes(Config("aesgcm", ("key2", Key(2, 32)), ("key1", Key(1, 32)))), "encryption.yaml", TimeProvider.System), store);
        Assert.True(transformer.IsStale(Secret));
    }

    [Theory]
    [InlineData("secrets", "secrets", true)]
    [InlineData("configmaps", "secrets", false)]
    [InlineData("*.", "configmaps", true)]
    [InlineData("*.apps", "apps/deployments", true)]
    [InlineData("*.apps", "batch/jobs", false)]
    [InlineData("*.*", "example.com/widgets", true)]
    [InlineData("widgets.example.com", "example.com/widgets", true)]
    public void Resources_are_named_one_by_one_or_by_wildcard(string resource, string collection, bool isSealed)
    {
        var transformer = Of($"{{kind: EncryptionConfiguration, apiVersion: apiserver.config.k8s.io/v1, resources: [{{resources: ['{resource}'], providers: [{{aesgcm: {{keys: [{{name: k, secret: {Key(1, 32)}}}]}}}}, {{identity: {{}}}}]}}]}}");
        Assert.Equal(isSealed, !transformer.Seal(new StoreKey(collection, "x"), Value).Span.SequenceEqual(Value));
    }

    [Fact]
    public void A_resource_that_is_named_twice_has_the_keys_of_both()
    {
        var transformer = Of("{kind: EncryptionConfiguration, apiVersion: apiserver.config.k8s.io/v1, resources: ["
            + "{resources: [secrets], providers: [{aesgcm: {keys: [{name: new, secret: " + Key(1, 32) + "}]}}]},"
            + "{resources: [secrets], providers: [{aesgcm: {keys: [{name: old, secret: " + Key(2, 32) + "}]}}]}]}");
        var old = Of(Config("aesgcm", ("old", Key(2, 32))));
        Assert.Equal(Value, transformer.Open(Secret, old.Seal(Secret, Value)).ToArray());
        Assert.StartsWith("k8s:enc:aesgcm:v1:new:", Encoding.Latin1.GetString(transformer.Seal(Secret, Value).Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Secretbox_is_NaCls()
    {
        // The vector of NaCl's own tests (secretbox.c).
        var key = Convert.FromHexString("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
        var nonce = Convert.FromHexString("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
        var message = Convert.FromHexString(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705");
        var expected = Convert.FromHexString(
            "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5");
        var boxed = new byte[message.Length + SecretBox.TagSize];
        SecretBox.Seal(key, nonce, message, boxed);
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(boxed));
    }

    [Fact]
    public async Task Without_a_configuration_Secrets_are_encrypted_and_nothing_else_is()
    {
        var directory = "";
        await using (var server = await LiveServer.StartAsync(Cancel, (options, _) => options with { DataDirectory = directory = options.DataDirectory }))
        {
            using var secret = await server.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/secrets",
                """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"p":"only-in-memory"}}""", Cancel);
            using var map = await server.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps",
                """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"p":"plain-on-disk"}}""", Cancel);
            Assert.Contains(Convert.ToBase64String("only-in-memory"u8), await server.GetAsync("/api/v1/namespaces/default/secrets/s", Cancel), StringComparison.Ordinal);
            var disk = string.Concat(Directory.EnumerateFiles(Path.Combine(directory, "store"), "state.db*").Select(ReadShared));
            Assert.Contains("plain-on-disk", disk, StringComparison.Ordinal);
            Assert.Contains("k8s:enc:aesgcm:v1:orchestrator:", disk, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String("only-in-memory"u8), disk, StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, "pki", "encryption.key")));
        }
    }

    [Fact]
    public void The_own_key_still_reads_when_a_configuration_comes()
    {
        using var directory = new TemporaryDirectory();
        var own = EncryptionService.Open(null, directory.Path, TimeProvider.System, NullLoggerFactory.Instance);
        var stored = own.Transformer.Seal(Secret, Value);
        File.WriteAllText(directory["config.yaml"], Config("secretbox", ("key1", Key(1, 32))));
        var configured = EncryptionService.Open(directory["config.yaml"], directory.Path, TimeProvider.System, NullLoggerFactory.Instance);
        Assert.Equal(Value, configured.Transformer.Open(Secret, stored).ToArray());
        Assert.StartsWith("k8s:enc:secretbox:v1:key1:", Encoding.Latin1.GetString(configured.Transformer.Seal(Secret, Value).Span), StringComparison.Ordinal);
    }

    private static string ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    private static EncryptionTransformer Of(string config) => new(EncryptionConfigReader.Parse(Encoding.UTF8.GetBytes(config), "encryption.yaml", TimeProvider.System));

    private static string Key(int seed, int size) => Convert.ToBase64String(SHA256.HashData([(byte)seed])[..size]);

    private static string Config(string provider, params (string Name, string Secret)[] keys) =>
        $$"""
        kind: EncryptionConfiguration
        apiVersion: apiserver.config.k8s.io/v1
        resources:
        - resources: [secrets]
          providers:
          - {{provider}}:
              keys: [{{string.Join(", ", keys.Select(static k => $"{{name: {k.Name}, secret: {k.Secret}}}"))}}]
        """;
}
