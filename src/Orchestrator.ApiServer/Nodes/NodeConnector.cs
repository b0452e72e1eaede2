using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>The server's way to the nodes: where a node's own API is, and connections to it as the server's kubelet client.</summary>
internal sealed class NodeConnector : IDisposable
{
    private const int KubeletPort = 10250;
    private static readonly string[] AddressTypes = ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"];
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private readonly IObjectLister _objects;
    private readonly Lazy<X509Certificate2> _certificate;
    private readonly Lazy<HttpMessageInvoker> _http;

    public NodeConnector(IObjectLister objects, Func<X509Certificate2> certificate)
    {
        _objects = objects;
        _certificate = new(certificate);
        _http = new(() => new HttpMessageInvoker(new SocketsHttpHandler
        {
            SslOptions = TlsOptions(),
            ConnectTimeout = ConnectTimeout,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        }));
    }

    /// <summary>Sends a request to a node or a pod.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _http.Value.SendAsync(request, cancellationToken);

    /// <summary>Host and port of a node's API.</summary>
    /// <exception cref="ApiException">The node is not there or has no address.</exception>
    public (string Host, int Port) Locate(string nodeName)
    {
        var node = _objects.Get<Node>("", nodeName) ?? throw Errors.NotFound("", "nodes", nodeName);
        var port = node.Status.DaemonEndpoints.KubeletEndpoint.Port;

        // Names are only good where somebody resolves them; addresses always are, so they come first here.
        var address = node.Status.Addresses.FirstOrDefault(static a => a.Type == "InternalIP")
            ?? node.Status.Addresses.OrderBy(static a => Array.IndexOf(AddressTypes, a.Type)).FirstOrDefault()
            ?? throw Errors.Internal($"no preferred addresses found; known addresses: []");
        return (address.Address, port == 0 ? KubeletPort : port);
    }

    /// <summary>A TLS connection to a node's API, for protocols that take over the connection.</summary>
    public async Task<SslStream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var options = TlsOptions();
            options.TargetHost = host;
            options.ApplicationProtocols = [SslApplicationProtocol.Http11];
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch (Exception failure) when (failure is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            socket.Dispose();
            throw Errors.Make(
                500, "InternalError", string.Create(CultureInfo.InvariantCulture, $"Internal error occurred: error dialing backend: dial tcp {host}:{port}: {failure.Message}"), null);
        }
    }

    public void Dispose()
    {
        if (_http.IsValueCreated)
        {
            _http.Value.Dispose();
        }
    }

    /// <summary>Like upstream without a kubelet CA: the node's certificate is not judged, ours is shown.</summary>
    private SslClientAuthenticationOptions TlsOptions() => new()
    {
        ClientCertificates = [_certificate.Value],
        LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate.Value,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };
}
