using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>A channel to one server over HTTP/2: <c>https://</c> with TLS, <c>http://</c> without (prior knowledge).</summary>
/// <remarks>Safe for use by many at once; connections are made at the first call and again after they were lost.</remarks>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Uri _address;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        _address = address;
        Options = options;
        _invoker = new HttpMessageInvoker(
            options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false },
            disposeHandler: options.HttpHandler is null || options.DisposeHttpClient);
    }

    internal GrpcChannelOptions Options { get; }

    internal CancellationToken Disposed => _disposed.Token;

    /// <summary>A channel to an address.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(new Uri(address), new GrpcChannelOptions());

    /// <summary>A channel to an address with settings.</summary>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <summary>A channel to an address.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to an address with settings.</summary>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions) => new(address, channelOptions);

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => new HttpCallInvoker(this);

    /// <summary>Cancels all calls and closes the connections.</summary>
    public void Dispose()
    {
        if (!_disposed.IsCancellationRequested)
        {
            _disposed.Cancel();
            _invoker.Dispose();
        }
    }

    internal Uri AddressOf(IMethod method) => new(_address, method.FullName);

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker.SendAsync(request, cancellationToken);

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }
}
