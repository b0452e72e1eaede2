using System.Text;

namespace Orchestrator.Agent.Logs;

/// <summary>Reads a container's log file, across its rotation, and writes the lines as users want them.</summary>
/// <param name="time">Paces the look for new lines while following.</param>
internal sealed class LogReader(TimeProvider time)
{
    // The runtime does not say when it has written; inotify would cost a descriptor per reader for the same delay as a disk flush.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Writes the log to <paramref name="output"/>.</summary>
    /// <param name="path">The log file; a new one of the same name takes its place on rotation.</param>
    /// <param name="options">Which part.</param>
    /// <param name="output">Where the lines go; flushed whenever the end of the file is reached.</param>
    /// <param name="isRunning">Whether the container still runs; following ends after it does not.</param>
    /// <param name="cancellationToken">Ends the reading; what was written stays written.</param>
    /// <exception cref="FileNotFoundException">There is no log file.</exception>
    public async Task ReadAsync(
        string path, LogReadOptions options, Stream output, Func<CancellationToken, Task<bool>> isRunning, CancellationToken cancellationToken)
    {
        var file = Open(path);
        var buffer = new byte[32 * 1024];
        var held = 0;
        var left = options.LimitBytes ?? long.MaxValue;
        var wasPartial = (Out: false, Error: false);
        try
        {
            file.Seek(options.TailLines is { } lines ? LogTail.FindStart(file, lines) : 0, SeekOrigin.Begin);
            var running = true;
            while (true)
            {
                if (held == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }

                var read = await file.ReadAsync(buffer.AsMemory(held), cancellationToken);
                if (read == 0)
                {
                    await output.FlushAsync(cancellationToken);
                    if (!options.Follow)
                    {
                        // A last line without its end is one that the runtime is still writing.
                        return;
                    }

                    if (Replaced(path, file) is { } next)
                    {
                        await file.DisposeAsync();
                        file = next;
                        held = 0;
                        continue;
                    }

                    if (!running)
                    {
                        return;
                    }

                    // One more pass after the end, for what was written in between.
                    running = await isRunning(cancellationToken);
                    if (running)
                    {
                        await Task.Delay(PollInterval, time, cancellationToken);
                    }

                    continue;
                }

                held += read;
                var consumed = 0;
                int lineEnd;
                while ((lineEnd = buffer.AsSpan(consumed, held - consumed).IndexOf((byte)'\n')) >= 0)
                {
                    var raw = buffer.AsMemory(consumed, lineEnd);
                    consumed += lineEnd + 1;
                    if (!LogLine.TryParse(raw, out var line) || !Selected(line, options))
                    {
                        continue;
                    }

                    left = await WriteAsync(output, line, options, line.IsError ? wasPartial.Error : wasPartial.Out, left, cancellationToken);
                    if (left <= 0)
                    {
                        await output.FlushAsync(cancellationToken);
                        return;
                    }

                    wasPartial = line.IsError ? (wasPartial.Out, line.IsPartial) : (line.IsPartial, wasPartial.Error);
                }

                buffer.AsSpan(consumed, held - consumed).CopyTo(buffer);
                held -= consumed;
            }
        }
        finally
        {
            await file.DisposeAsync();
        }
    }

    /// <summary>The last lines of a log as text, for termination messages.</summary>
    public static async Task<string> ReadTailAsync(string path, long lines, int bytes, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        using var output = new MemoryStream();
        await new LogReader(TimeProvider.System).ReadAsync(
            path, new LogReadOptions { TailLines = lines }, output, _ => Task.FromResult(false), cancellationToken);
        var all = output.GetBuffer().AsSpan(0, (int)output.Length);
        return Encoding.UTF8.GetString(all.Length > bytes ? all[^bytes..] : all);
    }

    private static bool Selected(LogLine line, LogReadOptions options) =>
        options.Streams.HasFlag(line.IsError ? LogStreams.Error : LogStreams.Out)
        && (options.Since is not { } since || line.Timestamp() is not { } timestamp || timestamp >= since);

    private static async ValueTask<long> WriteAsync(
        Stream output, LogLine line, LogReadOptions options, bool continued, long left, CancellationToken cancellationToken)
    {
        if (options.Timestamps && !continued)
        {
            left = await WriteAsync(output, line.Time, left, cancellationToken);
            left = await WriteAsync(output, " "u8.ToArray(), left, cancellationToken);
        }

        left = await WriteAsync(output, line.Text, left, cancellationToken);
        return line.IsPartial ? left : await WriteAsync(output, "\n"u8.ToArray(), left, cancellationToken);
    }

    private static async ValueTask<long> WriteAsync(Stream output, ReadOnlyMemory<byte> bytes, long left, CancellationToken cancellationToken)
    {
        if (left <= 0)
        {
            return 0;
        }

        var part = bytes.Length > left ? bytes[..(int)left] : bytes;
        await output.WriteAsync(part, cancellationToken);
        return left - part.Length;
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>The file that has taken the name since; null if there is none.</summary>
    private static FileStream? Replaced(string path, FileStream current)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var candidate = Open(path);
        if (FileIdentity.Of(candidate.SafeFileHandle) == FileIdentity.Of(current.SafeFileHandle))
        {
            candidate.Dispose();
            return null;
        }

        return candidate;
    }
}
