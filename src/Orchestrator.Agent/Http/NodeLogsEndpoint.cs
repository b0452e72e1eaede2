using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Agent.Http;

/// <summary>The files of the node's own logs, for <c>kubectl get --raw /api/v1/nodes/NAME/proxy/logs/</c>.</summary>
internal sealed class NodeLogsEndpoint(NodeAgentOptions options)
{
    private readonly string _root = Path.GetFullPath(options.SystemLogsDirectory).TrimEnd('/') + "/";

    /// <summary>A file's bytes, or a page of links for a folder, as Go's file server makes it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="path">The path below the root; links that lead out of it are not followed.</param>
    public IResult Serve(HttpContext context, string? path)
    {
        var full = Path.GetFullPath(_root + (path ?? ""));
        if (!(full + "/").StartsWith(_root, StringComparison.Ordinal) || Resolve(full) is not { } real)
        {
            return Results.Text("404 page not found\n", statusCode: StatusCodes.Status404NotFound);
        }

        if (real is FileInfo)
        {
            return Results.File(real.FullName, "text/plain; charset=utf-8", enableRangeProcessing: true);
        }

        if (!context.Request.Path.Value!.EndsWith('/'))
        {
            return Results.Redirect(Path.GetFileName(full) + "/", permanent: true);
        }

        var page = new StringBuilder("<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n");
        foreach (var entry in ((DirectoryInfo)real).EnumerateFileSystemInfos().OrderBy(static e => e.Name, StringComparer.Ordinal))
        {
            var name = entry is DirectoryInfo ? entry.Name + "/" : entry.Name;
            page.Append("<a href=\"").Append(Uri.EscapeDataString(entry.Name)).Append(entry is DirectoryInfo ? "/" : "").Append("\">").Append(HtmlEncoder.Default.Encode(name)).Append("</a>\n");
        }

        return Results.Text(page.Append("</pre>\n").ToString(), "text/html; charset=utf-8");
    }

    private FileSystemInfo? Resolve(string path)
    {
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (!info.Exists)
        {
            return null;
        }

        var target = info.ResolveLinkTarget(returnFinalTarget: true) ?? info;
        return target.Exists && (target.FullName + "/").StartsWith(_root, StringComparison.Ordinal) ? target : null;
    }
}
