using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>The client over HTTP/2 (or 1.1 where the server has no other), in JSON.</summary>
public sealed class HttpClusterClient : IClusterClient, IDisposable
{
    private const string Json = "application/json";
    private const string JsonMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    private const string JsonMetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    private const string JsonDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

    // A line of a watch holds one object; the server takes none that are bigger than 3 MB.
    private const int WatchLineMax = 64 * 1024 * 1024;

    private readonly HttpMessageInvoker _http;
    private readonly ClientConfig _config;
    private readonly BearerToken _token;
    private readonly TimeProvider _time;
    private readonly string _fieldManager;
    private readonly string? _basic;

    public HttpClusterClient(ClientConfig config, TimeProvider time)
        : this(config, time, MakeHandler(config))
    {
    }

    /// <summary>A client that sends by a handler of the caller's, who knows the way to the server.</summary>
    public HttpClusterClient(ClientConfig config, TimeProvider time, HttpMessageHandler handler)
    {
        _config = config;
        _time = time;
        _token = new(config.Token, config.TokenFile, time);
        _fieldManager = config.UserAgent.Split('/')[0];
        _basic = config.Username is { } user ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{config.Password}")) : null;
        _http = new(handler);
    }

    /// <summary>The connection settings for a configuration; also for callers that speak to other paths of the server.</summary>
    public static SocketsHttpHandler MakeHandler(ClientConfig config) => new()
    {
        EnableMultipleHttp2Connections = true,
        PooledConnectionLifetime = TimeSpan.FromMinutes(30),
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        AutomaticDecompression = DecompressionMethods.GZip,
        UseProxy = false,
        UseCookies = false,
        SslOptions = new()
        {
            TargetHost = config.TlsServerName ?? config.Server.Host,
            LocalCertificateSelectionCallback = config.Certificate is { } certificate ? (_, _, _, _, _) => certificate()! : null,
            RemoteCertificateValidationCallback = Verification(config),
        },
    };

    public ValueTask<ApiResult<T>> GetAsync<T>(ResourcePath path, GetOptions? options, CancellationToken cancellationToken)
        where T : ApiObject
    {
        var accept = typeof(T) == typeof(PartialObjectMetadata) ? JsonMetadata : Json;
        return SendAsync<T>(HttpMethod.Get, path, ApiQuery.Of(options, ""), null, Json, accept, null, cancellationToken);
    }

    public async ValueTask<ApiResult<ObjectList<T>>> ListAsync<T>(ResourcePath collection, ListOptions? options, CancellationToken cancellationToken)
        where T : ApiObject
    {
        var accept = typeof(T) == typeof(PartialObjectMetadata) ? JsonMetadataList : Json;
        using var answer = await ExchangeAsync(HttpMethod.Get, collection + ApiQuery.Of(options, watch: false), null, Json, accept, cancellationToken);
        return answer.Error is { } error
            ? error
            : Decode(answer.Body, json => ApiDecoder.List<T>(ApiDecoder.SchemaFor<T>(collection.Resource), json));
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourcePath collection, ListOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : ApiObject
    {
        var accept = typeof(T) == typeof(PartialObjectMetadata) ? JsonMetadata : Json;
        var (response, refused) = await OpenAsync(collection + ApiQuery.Of(options, watch: true), accept, cancellationToken);
        if (response is null)
        {
            yield return new(WatchEventType.Error, null, "", refused);
            yield break;
        }

        using (response)
        {
            var schema = ApiDecoder.SchemaFor<T>(collection.Resource);
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024));
            var lines = new List<WatchEvent<T>>();
            var over = false;
            while (!over)
            {
                lines.Clear();
                over = await ReadEventsAsync(pipe, schema, lines, cancellationToken);
                foreach (var line in lines)
                {
                    yield return line;
                    if (line.Type == WatchEventType.Error)
                    {
                        over = true;
                        break;
                    }
                }
            }

            await pipe.CompleteAsync();
        }
    }

    public ValueTask<ApiResult<T>> CreateAsync<T>(ResourcePath path, T body, CreateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => SendAsync(HttpMethod.Post, path, ApiQuery.Of(options, _fieldManager), Encode(path, body), Json, Json, body, cancellationToken);

    public ValueTask<ApiResult<T>> UpdateAsync<T>(ResourcePath path, T body, UpdateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => SendAsync(HttpMethod.Put, path, ApiQuery.Of(options, _fieldManager), Encode(path, body), Json, Json, body, cancellationToken);

    public ValueTask<ApiResult<T>> PatchAsync<T>(ResourcePath path, Patch patch, PatchOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => SendAsync<T>(
            HttpMethod.Patch, path, ApiQuery.Of(options, _fieldManager), patch.Body.Utf8, patch.ContentType, Json, null, cancellationToken);

    public async ValueTask<ApiResult<ApiObject?>> DeleteAsync(ResourcePath path, DeleteOptions? options, CancellationToken cancellationToken)
    {
        using var answer = await ExchangeAsync(HttpMethod.Delete, path.ToString(), EncodeOptions(options), Json, Json, cancellationToken);
        if (answer.Error is { } error)
        {
            return error;
        }

        return Decode(answer.Body, json => IsStatus(json) ? null : ApiDecoder.Object<ApiObject>(ApiDecoder.SchemaFor<ApiObject>(path.Resource), json));
    }

    public async ValueTask<ApiResult> DeleteCollectionAsync(ResourcePath collection, DeleteOptions? options, ListOptions? selection, CancellationToken cancellationToken)
    {
        using var answer = await ExchangeAsync(HttpMethod.Delete, collection + ApiQuery.Of(selection, watch: false), EncodeOptions(options), Json, Json, cancellationToken);
        return new(answer.Error);
    }

    public async ValueTask<ApiResult<DiscoveredResources>> DiscoverAsync(CancellationToken cancellationToken)
    {
        using var core = await ExchangeAsync(HttpMethod.Get, "/api", null, Json, JsonDiscovery, cancellationToken);
        if (core.Error is { } coreError)
        {
            return coreError;
        }

        using var groups = await ExchangeAsync(HttpMethod.Get, "/apis", null, Json, JsonDiscovery, cancellationToken);
        if (groups.Error is { } groupsError)
        {
            return groupsError;
        }

        return DiscoveryDecoder.Decode(core.Body.Span, groups.Body.Span);
    }

    public async ValueTask<ApiResult<byte[]>> GetRawAsync(string pathAndQuery, CancellationToken cancellationToken)
    {
        using var answer = await ExchangeAsync(HttpMethod.Get, pathAndQuery, null, Json, Json, cancellationToken);
        return answer.Error is { } error ? error : answer.Body.ToArray();
    }

    public void Dispose() => _http.Dispose();

    private static RemoteCertificateValidationCallback? Verification(ClientConfig config)
    {
        if (config.InsecureSkipTlsVerify)
        {
            return static (_, _, _, _) => true;
        }

        if (config.Authorities is not { } authorities)
        {
            return null;
        }

        return (stream, certificate, _, errors) =>
        {
            if (certificate is not null && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            {
                // The commonest mistake of all, and the framework tells no more than that something was rejected.
                var asked = (stream as SslStream)?.TargetHostName ?? "";
                throw new AuthenticationException($"the server's certificate is not for {asked}: it is for {string.Join(", ", NamesOf(certificate))} (the server's --tls-san adds names)");
            }

            if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
            {
                return false;
            }

            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            return chain.Build(certificate as X509Certificate2 ?? X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()));
        };
    }

    private static IEnumerable<string> NamesOf(X509Certificate certificate)
    {
        using var loaded = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return loaded.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(static names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(static a => a.ToString())))
            .ToArray();
    }

    private static bool IsStatus(ReadOnlySpan<byte> json) =>
        ApiJson.Read(PartialObjectMetadata.ApiType, json) is PartialObjectMetadata { Kind: "Status", ApiVersion: "v1" };

    private static ReadOnlyMemory<byte> Encode<T>(ResourcePath path, T body)
        where T : ApiObject
    {
        if (body.Kind.Length > 0 && body.ApiVersion.Length > 0)
        {
            return ApiJson.WriteToArray(body);
        }

        // The server wants the names; objects that came in lists have none.
        var (apiVersion, kind) = (path.Resource.ApiVersion, path.Resource.Kind);
        foreach (var subresource in path.Resource.Subresources)
        {
            if (subresource.Name == path.Subresource)
            {
                (apiVersion, kind) = (subresource.KindApiVersion.Length > 0 ? subresource.KindApiVersion : apiVersion, subresource.Kind);
            }
        }

        return ApiJson.WriteToArray(body with { Kind = kind, ApiVersion = apiVersion });
    }

    private static ReadOnlyMemory<byte>? EncodeOptions(DeleteOptions? options) =>
        options is null ? null : ApiJson.WriteToArray(options with { Kind = "DeleteOptions", ApiVersion = "v1" });

    private static ApiResult<T> Decode<T>(ReadOnlyMemory<byte> body, DecodeBody<T> decode)
    {
        try
        {
            return decode(body.Span);
        }
        catch (Exception e) when (e is JsonException or ApiDecodeException)
        {
            return ClientStatus.UnreachableBecause($"the server's answer could not be read: {e.Message}");
        }
    }

    /// <summary>Reads what has arrived; true when the stream is at its end.</summary>
    private static async ValueTask<bool> ReadEventsAsync<T>(PipeReader pipe, StructSchema schema, List<WatchEvent<T>> events, CancellationToken cancellationToken)
        where T : ApiObject
    {
        ReadResult read;
        try
        {
            read = await pipe.ReadAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            events.Add(new(WatchEventType.Error, null, "", ClientStatus.UnreachableBecause(e.Message)));
            return true;
        }

        var buffer = read.Buffer;
        try
        {
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = buffer.Slice(0, end);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                if (!line.IsEmpty)
                {
                    events.Add(line.IsSingleSegment ? ApiDecoder.Event<T>(schema, line.FirstSpan) : ApiDecoder.Event<T>(schema, line.ToArray()));
                }
            }
        }
        catch (Exception e) when (e is JsonException or ApiDecodeException)
        {
            events.Add(new(WatchEventType.Error, null, "", ClientStatus.UnreachableBecause($"an event of the watch could not be read: {e.Message}")));
            return true;
        }

        if (buffer.Length > WatchLineMax)
        {
            events.Add(new(WatchEventType.Error, null, "", ClientStatus.UnreachableBecause("an event of the watch is too long")));
            return true;
        }

        pipe.AdvanceTo(buffer.Start, buffer.End);
        return read.IsCompleted;
    }

    private async ValueTask<ApiResult<T>> SendAsync<T>(
        HttpMethod method, ResourcePath path, string query, ReadOnlyMemory<byte>? body, string contentType, string accept, T? sent, CancellationToken cancellationToken)
        where T : ApiObject
    {
        using var answer = await ExchangeAsync(method, path + query, body, contentType, accept, cancellationToken);
        if (answer.Error is { } error)
        {
            return error;
        }

        // Subresources have types of their own; the type argument knows them, the resource only its own.
        var schema = path.Subresource.Length == 0 || typeof(T) != typeof(ApiObject) ? ApiDecoder.SchemaFor<T>(path.Resource) : CustomObject.ApiType;
        return Decode(answer.Body, json => sent is not null && IsStatus(json) ? sent : ApiDecoder.Object<T>(schema, json));
    }

    private async ValueTask<HttpAnswer> ExchangeAsync(
        HttpMethod method, string pathAndQuery, ReadOnlyMemory<byte>? body, string contentType, string accept, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_config.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var request = await MakeRequestAsync(method, pathAndQuery, accept, either.Token);
            if (body is { } content)
            {
                request.Content = new ReadOnlyMemoryContent(content);
                request.Content.Headers.ContentType = new(contentType);
            }

            using var response = await _http.SendAsync(request, either.Token);
            var received = await ReadBodyAsync(response, either.Token);
            return response.IsSuccessStatusCode ? received : received.Failed(ApiDecoder.Error(response.StatusCode, received.Body.Span));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new(ClientStatus.UnreachableBecause($"{method} {_config.Server.Authority}{pathAndQuery}: {e.InnerException?.Message ?? e.Message}"));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new(ClientStatus.UnreachableBecause($"{method} {_config.Server.Authority}{pathAndQuery}: no answer within {_config.Timeout.TotalSeconds} s"));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody cancelled: the handler has its own word for a connection that does not come about.
            return new(ClientStatus.UnreachableBecause($"{method} {_config.Server.Authority}{pathAndQuery}: {e.InnerException?.Message ?? e.Message}"));
        }
    }

    private async ValueTask<(HttpResponseMessage? Response, Status? Error)> OpenAsync(string pathAndQuery, string accept, CancellationToken cancellationToken)
    {
        try
        {
            using var request = await MakeRequestAsync(HttpMethod.Get, pathAndQuery, accept, cancellationToken);
            var response = await _http.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return (response, null);
            }

            using (response)
            {
                using var refused = await ReadBodyAsync(response, cancellationToken);
                return (null, ApiDecoder.Error(response.StatusCode, refused.Body.Span));
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, ClientStatus.UnreachableBecause($"GET {_config.Server.Authority}{pathAndQuery}: {e.InnerException?.Message ?? e.Message}"));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, ClientStatus.UnreachableBecause($"GET {_config.Server.Authority}{pathAndQuery}: {e.InnerException?.Message ?? e.Message}"));
        }
    }

    private async ValueTask<HttpRequestMessage> MakeRequestAsync(HttpMethod method, string pathAndQuery, string accept, CancellationToken cancellationToken)
    {
        // The server may itself live under a path.
        var request = new HttpRequestMessage(method, new Uri(_config.Server, _config.Server.AbsolutePath.TrimEnd('/') + pathAndQuery))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("User-Agent", _config.UserAgent);
        if (await _token.GetAsync(cancellationToken) is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        else if (_basic is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", _basic);
        }

        if (_config.Impersonate is { } user)
        {
            request.Headers.TryAddWithoutValidation("Impersonate-User", user);
        }

        return request;
    }

    private static async ValueTask<HttpAnswer> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = (int)Math.Min(response.Content.Headers.ContentLength ?? 4096, 1 << 20);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length + 1, 1024));
        var count = 0;
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer.AsMemory(count), cancellationToken)) > 0)
            {
                count += read;
                if (count == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, count).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        return new(buffer, count);
    }

    private delegate T DecodeBody<T>(ReadOnlySpan<byte> json);
}
