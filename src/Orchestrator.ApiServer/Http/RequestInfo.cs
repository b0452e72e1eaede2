using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Http;

/// <summary>What a request's path and method ask for, as upstream's request info resolver reads it.</summary>
internal sealed class RequestInfo
{
    private static readonly string[] NamespaceSubresources = ["status", "finalize"];

    public bool IsResource { get; private set; }

    /// <summary>The decoded path without its query.</summary>
    public required string Path { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case.</summary>
    public string Verb { get; set; } = "";

    public string Group { get; private set; } = "";

    public string Version { get; private set; } = "";

    public string Namespace { get; private set; } = "";

    public string Resource { get; private set; } = "";

    public string Subresource { get; private set; } = "";

    public string Name { get; private set; } = "";

    /// <summary>What follows the subresource, for proxies: "" or a path without a leading slash.</summary>
    public string Rest { get; private set; } = "";

    /// <summary>The resource that the path names; null until it is looked up, or if there is none.</summary>
    public ServedResource? Served { get; set; }

    /// <summary>What the request was warned of so far, refused or not; null as long as nothing could have been.</summary>
    public List<string>? Warnings { get; set; }

    /// <summary>Such a request lasts as long as the client wants: a watch, logs, a connection to a pod. It is not slow, and never queued for long.</summary>
    public bool IsLongRunning => Verb == "watch" || (IsResource && Subresource is "log" or "exec" or "attach" or "portforward" or "proxy");

    /// <summary>The path has more parts than a resource path can have.</summary>
    public bool HasExtraParts { get; private set; }

    /// <summary>What upstream answers, in plain text, to a path that begins as one of a resource and names none; null for all others.</summary>
    public string? Fault { get; private set; }

    /// <exception cref="FormatException">The path's escapes are broken.</exception>
    public static RequestInfo Parse(HttpRequest request)
    {
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var raw = query < 0 ? target : target[..query];
        if (!raw.StartsWith('/'))
        {
            // Absolute form: scheme://host/path.
            var slash = raw.IndexOf('/', raw.IndexOf("://", StringComparison.Ordinal) + 3);
            raw = slash < 0 ? "/" : raw[slash..];
        }

        var info = new RequestInfo { Path = raw.Contains('%', StringComparison.Ordinal) ? Unescape(raw) : raw };
        info.Resolve(request);
        return info;
    }

    private static string Unescape(string raw)
    {
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '%' && (i + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[i + 1]) || !char.IsAsciiHexDigit(raw[i + 2])))
            {
                throw new FormatException("invalid URL escape");
            }
        }

        return Uri.UnescapeDataString(raw);
    }

    private void Resolve(HttpRequest request)
    {
        Verb = request.Method.ToLowerInvariant();
        var parts = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int next;
        if (parts.Length >= 3 && parts[0] == "api")
        {
            (Version, next) = (parts[1], 2);
        }
        else if (parts.Length >= 4 && parts[0] == "apis")
        {
            (Group, Version, next) = (parts[1], parts[2], 3);
        }
        else
        {
            return;
        }

        if (parts.Length == next + 1 && parts[next] is ("watch" or "proxy"))
        {
            var target = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
            Fault = Markup.Escape($"Internal Server Error: {GoText.Quote(target)}: failed to create RequestInfo: unable to determine kind and namespace from url, {target}\n");
            return;
        }

        IsResource = true;
        HasExtraParts = Path.Contains("//", StringComparison.Ordinal);
        Verb = request.Method switch { "POST" => "create", "GET" or "HEAD" => "get", "PUT" => "update", "PATCH" => "patch", "DELETE" => "delete", _ => "" };
        if (parts[next] == "watch" && next + 1 < parts.Length)
        {
            Verb = "watch";
            next++;
        }

        var rest = parts.AsSpan(next);
        if (rest[0] == "namespaces" && rest.Length > 1)
        {
            Namespace = rest[1];
            if (rest.Length > 2 && !NamespaceSubresources.Contains(rest[2]))
            {
                rest = rest[2..];
            }
        }

        Resource = rest[0];
        if (rest.Length > 1)
        {
            Name = rest[1];
        }

        if (rest.Length > 2)
        {
            Subresource = rest[2];
        }

        if (Subresource == "proxy")
        {
            // What follows is the other side's path, however it is written.
            var head = $"/{Name}/proxy";
            var end = Path.IndexOf(head, StringComparison.Ordinal) + head.Length;
            Rest = Path.Length == end ? "" : Path.Length == end + 1 ? "/" : Path[(end + 1)..];
            HasExtraParts = Path.AsSpan(0, end).Contains("//", StringComparison.Ordinal);
        }
        else
        {
            HasExtraParts |= rest.Length > 3;
        }

        if (Name.Length == 0 && Verb == "get")
        {
            Verb = QueryFlags.IsTrue(request.Query["watch"]) ? "watch" : "list";
        }
        else if (Name.Length == 0 && Verb == "delete")
        {
            Verb = "deletecollection";
        }
    }
}
