using System.Globalization;
using System.IO.Compression;

namespace Orchestrator.ApiServer.Audit;

/// <summary>Writes events as lines of JSON to a file that is rotated by size. An event is with the operating system before its request is answered.</summary>
internal sealed class AuditLogFile : IAuditBackend
{
    private const string TimeFormat = "yyyy-MM-ddTHH-mm-ss.fff";
    private readonly AuditLogOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private Stream _file;
    private long _length;

    /// <exception cref="IOException">The file cannot be opened.</exception>
    public AuditLogFile(AuditLogOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _file = Open();
    }

    public string Name => "log";

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            var limit = _options.MaxSizeMegabytes * 1024L * 1024L;
            if (limit > 0 && _length > 0 && _length + json.Length > limit && _options.Path != "-")
            {
                await RotateAsync();
            }

            // Written whole or not at all as far as readers of the file go: one write, no buffer in between.
            await _file.WriteAsync(json, CancellationToken.None);
            await _file.FlushAsync(CancellationToken.None);
            _length += json.Length;
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync();
        await _file.DisposeAsync();
        _writing.Dispose();
    }

    private Stream Open()
    {
        if (_options.Path == "-")
        {
            return Console.OpenStandardOutput();
        }

        if (Path.GetDirectoryName(Path.GetFullPath(_options.Path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var file = new FileStream(_options.Path, new FileStreamOptions
        {
            Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        _length = file.Length;
        return file;
    }

    private async ValueTask RotateAsync()
    {
        await _file.DisposeAsync();
        var rotated = BackupName(_time.GetUtcNow());
        File.Move(_options.Path, rotated, overwrite: true);
        _file = Open();
        if (_options.Compress)
        {
            await CompressAsync(rotated);
        }

        Prune();
    }

    /// <summary>The file's name with the time before its ending, as upstream's rotation names it.</summary>
    private string BackupName(DateTimeOffset now)
    {
        var path = _options.Path;
        var ending = Path.GetExtension(path);
        return path[..^ending.Length] + "-" + now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) + ending;
    }

    private static async ValueTask CompressAsync(string path)
    {
        await using (var source = File.OpenRead(path))
        await using (var target = new GZipStream(File.Create(path + ".gz"), CompressionLevel.Fastest))
        {
            await source.CopyToAsync(target);
        }

        File.Delete(path);
    }

    private void Prune()
    {
        var ending = Path.GetExtension(_options.Path);
        var start = Path.GetFileName(_options.Path[..^ending.Length]) + "-";
        var folder = Path.GetDirectoryName(Path.GetFullPath(_options.Path))!;
        var backups = new List<(string File, DateTimeOffset Time)>();
        foreach (var file in Directory.EnumerateFiles(folder, start + "*"))
        {
            var stamp = Path.GetFileName(file)[start.Length..].Replace(".gz", "", StringComparison.Ordinal);
            stamp = ending.Length > 0 && stamp.EndsWith(ending, StringComparison.Ordinal) ? stamp[..^ending.Length] : stamp;
            if (DateTimeOffset.TryParseExact(stamp, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                backups.Add((file, time));
            }
        }

        backups.Sort(static (a, b) => b.Time.CompareTo(a.Time));
        for (var i = 0; i < backups.Count; i++)
        {
            if ((_options.MaxBackups > 0 && i >= _options.MaxBackups) || (_options.MaxAge > TimeSpan.Zero && _time.GetUtcNow() - backups[i].Time > _options.MaxAge))
            {
                File.Delete(backups[i].File);
            }
        }
    }
}
