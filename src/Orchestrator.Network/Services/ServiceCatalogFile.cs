using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Network.Services;

/// <summary>
/// Keeps the catalog's content on disk, so that names and Services work from the first moment of the next start, even one without a
/// control plane to ask.
/// </summary>
internal sealed partial class ServiceCatalogFile(string path, ServiceCatalog catalog, TimeProvider time, ILogger<ServiceCatalogFile> logger)
{
    /// <summary>The file is a fallback: a few seconds late costs nothing, writing megabytes per rollout step does.</summary>
    private static readonly TimeSpan WriteAtMostEvery = TimeSpan.FromSeconds(5);

    /// <summary>Puts the last run's content into the catalog, if there is one that can be read.</summary>
    public void Read()
    {
        try
        {
            using var file = File.OpenRead(path);
            if (JsonSerializer.Deserialize<CatalogContent>(file) is { } content)
            {
                catalog.Replace(content);
                LogRead(path, content.Services.Count, content.Slices.Count);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // The node's first start.
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            LogUnreadable(exception, path);
        }
    }

    /// <summary>Writes changes until it is cancelled, and a last time then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var changes = catalog.Subscribe();
        await catalog.Loaded.WaitAsync(cancellationToken);
        while (true)
        {
            await changes.WaitAsync(cancellationToken);
            if (!changes.Take().IsEmpty)
            {
                Write();
                await Task.Delay(WriteAtMostEvery, time, cancellationToken);
            }
        }
    }

    /// <summary>Writes the present content, so that a reader sees either this or the one before, never a part.</summary>
    public void Write()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = path + ".new";
            using (var file = File.Create(temporary))
            {
                JsonSerializer.Serialize(file, catalog.Content());
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogWriteFailed(exception, path);
        }
    }

    [LoggerMessage(NetworkEvents.CatalogRead, LogLevel.Information, "Starting with {Services} services and {Slices} endpoint slices of the last run, from {Path}")]
    private partial void LogRead(string path, int services, int slices);

    [LoggerMessage(NetworkEvents.CatalogUnreadable, LogLevel.Warning, "Can't read {Path}; waiting for the API server instead")]
    private partial void LogUnreadable(Exception exception, string path);

    [LoggerMessage(NetworkEvents.CatalogWriteFailed, LogLevel.Warning, "Can't write {Path}; after a restart without an API server, services would be as they were before")]
    private partial void LogWriteFailed(Exception exception, string path);
}
