using Microsoft.Extensions.Logging;
using Orchestrator.Settings;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Json;

namespace Orchestrator.Hosting;

/// <summary>Serilog behind the framework's logging interfaces.</summary>
internal static class Logs
{
    private const string Template = "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffZ} {Level:u3} {SourceContext}: {Message:l}{NewLine}{Exception}";
    private const long FileSizeMaxBytes = 32 << 20;
    private const int FilesKept = 3;

    /// <summary>Disposing the factory flushes what was logged.</summary>
    public static ILoggerFactory CreateFactory(LogSettings settings)
    {
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Is(settings.Level)
            // The framework tells about each request and connection at this level; our own logs tell what matters of them.
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            // Where its diagnostics may be logged, hosting makes an activity and a scope for each request: a tenth of what a get costs.
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off);
        configuration = settings switch
        {
            { File: { } file, Format: LogFormat.Json } => configuration.WriteTo.File(new JsonFormatter(renderMessage: true), file,
                fileSizeLimitBytes: FileSizeMaxBytes, rollOnFileSizeLimit: true, retainedFileCountLimit: FilesKept),
            { File: { } file } => configuration.WriteTo.File(file, outputTemplate: Template, formatProvider: null,
                fileSizeLimitBytes: FileSizeMaxBytes, rollOnFileSizeLimit: true, retainedFileCountLimit: FilesKept),
            { Format: LogFormat.Json } => configuration.WriteTo.Console(new JsonFormatter(renderMessage: true)),
            _ => configuration.WriteTo.Console(outputTemplate: Template, formatProvider: null),
        };
        return new SerilogLoggerFactory(configuration.CreateLogger(), dispose: true);
    }
}
