using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>
/// Encryption at rest as the operator wants it, or as it is from the first start: Secrets under a key of the data directory. A changed configuration
/// file comes into force by itself; a wrong one leaves the last good one in force.
/// </summary>
internal sealed partial class EncryptionService : IAsyncDisposable
{
    private const string OwnKeyFile = "encryption.key";
    private const string OwnKeyName = "orchestrator";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly string? _configFile;
    private readonly IValueCipher? _ownKey;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private byte[] _seen;
    private IStore? _store;

    private EncryptionService(string? configFile, IValueCipher? ownKey, TimeProvider time, ILogger<EncryptionService> logger)
    {
        (_configFile, _ownKey, _time, _logger) = (configFile, ownKey, time, logger);
        _seen = configFile is null ? [] : SHA256.HashData(File.ReadAllBytes(configFile));
        Transformer = new EncryptionTransformer(Load());
        _work = configFile is null ? Task.CompletedTask : WatchAsync();
    }

    public EncryptionTransformer Transformer { get; }

    /// <summary>Tells which store it is whose values are sealed.</summary>
    public void Attach(IStore store) => _store = store;

    /// <param name="configFile">An EncryptionConfiguration; null for none.</param>
    /// <param name="keyDirectory">Where the own key is, or is made; null where no key may be made, since others share the store and would not have it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where to log.</param>
    /// <exception cref="FormatException">The configuration is wrong.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static EncryptionService Open(string? configFile, string? keyDirectory, TimeProvider time, ILoggerFactory loggers) =>
        new(configFile, keyDirectory is null ? null : OwnKey(Path.Combine(keyDirectory, OwnKeyFile), make: configFile is null), time, loggers.CreateLogger<EncryptionService>());

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
        foreach (var cipher in Transformer.Rules.Entries.SelectMany(static e => e.Ciphers))
        {
            (cipher as IDisposable)?.Dispose();
        }
    }

    private static AesGcmCipher? OwnKey(string path, bool make)
    {
        if (!File.Exists(path))
        {
            if (!make)
            {
                return null;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var temporary = path + ".new";
            using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n"));
                file.Flush(flushToDisk: true);
            }

            // A key that is half written would lose every Secret.
            File.Move(temporary, path);
        }

        var key = new byte[64];
        return Convert.TryFromBase64String(File.ReadAllText(path).Trim(), key, out var length) && length == 32
            ? new AesGcmCipher(OwnKeyName, key[..length])
            : throw new FormatException($"{path} is damaged: it must hold 32 bytes in base64; restore it from a backup, Secrets cannot be read without it");
    }

    private EncryptionRules Load()
    {
        if (_configFile is null)
        {
            return new(_ownKey is null ? [] : [new(["secrets"], [_ownKey, new PlainCipher()])]);
        }

        // What was written under the own key before there was a configuration stays readable.
        var rules = EncryptionConfigReader.Load(_configFile, _time);
        return _ownKey is null ? rules : new(
        [
            .. rules.Entries.Select(e => e.Resources.Contains("secrets") || e.Resources.Contains("*.") || e.Resources.Contains("*.*") ? e with { Ciphers = [.. e.Ciphers, _ownKey] } : e),
            new(["secrets"], [new PlainCipher(), _ownKey]),
        ]);
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Period, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await LookAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task LookAsync()
    {
        foreach (var kms in Transformer.Rules.Entries.SelectMany(static e => e.Ciphers).OfType<KmsCipher>())
        {
            if (await kms.CheckAsync(_stop.Token) is { } fault)
            {
                LogUnhealthy(kms.Prefix, fault);
            }
        }

        try
        {
            var now = SHA256.HashData(await File.ReadAllBytesAsync(_configFile!, _stop.Token));
            if (now.AsSpan().SequenceEqual(_seen))
            {
                return;
            }

            _seen = now;
            Transformer.Replace(Load(), _store);
            LogReloaded(_configFile!);
        }
        catch (Exception wrong) when (wrong is IOException or FormatException or UnauthorizedAccessException)
        {
            LogRefused(_configFile!, wrong.Message);
        }
    }

    [LoggerMessage(2401, LogLevel.Information, "The encryption configuration {File} has changed and is in force; objects are encrypted anew as they are written")]
    private partial void LogReloaded(string file);

    [LoggerMessage(2402, LogLevel.Error, "The encryption configuration {File} cannot be used, the last good one stays in force: {Reason}")]
    private partial void LogRefused(string file, string reason);

    [LoggerMessage(2403, LogLevel.Error, "The key management service behind {Prefix} is not well: {Reason}")]
    private partial void LogUnhealthy(string prefix, string reason);
}
