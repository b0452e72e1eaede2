using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Services;

/// <summary>
/// HTTPS clients for what runs behind services (conversion webhooks, aggregated servers). A service's ready endpoints are found here, so that no
/// service proxy is needed on the server's host.
/// </summary>
/// <param name="objects">Where services and their endpoints are read.</param>
/// <param name="random">Chooses among endpoints.</param>
/// <param name="clientCertificate">Shown to servers that ask for one; null to show none.</param>
internal sealed class ServiceHttpClients(IObjectLister objects, Random random, Func<X509Certificate2>? clientCertificate = null) : IDisposable
{
    private readonly ConcurrentDictionary<(string Host, string Authorities, bool Insecure), HttpClient> _clients = [];
    private readonly Lock _gate = new();

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    /// <summary>A target by URL.</summary>
    public ServiceTarget ForUrl(Uri url, byte[]? authorities) => new(Client(url.Host, authorities, insecure: false), url, url.Authority, url.ToString());

    /// <summary>A target by service.</summary>
    /// <exception cref="ServiceResolutionException">There is no such service, port or endpoint.</exception>
    public ServiceTarget ForService(string ns, string name, int port, string path, byte[]? authorities, bool insecure)
    {
        var host = $"{name}.{ns}.svc";
        var endpoint = Endpoint(ns, name, port);
        var rest = path.StartsWith('/') ? path : "/" + path;
        return new(Client(host, authorities, insecure), new Uri($"https://{endpoint}{rest}"), $"{host}:{port}", $"https://{host}:{port}{rest}");
    }

    private HttpClient Client(string host, byte[]? authorities, bool insecure) =>
        _clients.GetOrAdd((host, authorities is { Length: > 0 } ? Encoding.UTF8.GetString(authorities) : "", insecure), key => Make(key.Host, key.Authorities, key.Insecure));

    /// <summary>A connection of one's own, for what is no request with an answer.</summary>
    /// <exception cref="HttpRequestException">It cannot be made.</exception>
    public async ValueTask<Stream> ConnectAsync(ServiceTarget target, byte[]? authorities, bool insecure, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(target.Address.Host, target.Address.Port, cancellationToken);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            stream = tls;
            var host = target.Host.Contains(':', StringComparison.Ordinal) ? target.Host[..target.Host.LastIndexOf(':')] : target.Host;
            await tls.AuthenticateAsClientAsync(Tls(host, authorities is { Length: > 0 } ? Encoding.UTF8.GetString(authorities) : "", insecure), cancellationToken);
            return tls;
        }
        catch (Exception failure) when (failure is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            stream?.Dispose();
            socket.Dispose();
            throw new HttpRequestException(failure.Message, failure);
        }
    }

    private SslClientAuthenticationOptions Tls(string host, string authorities, bool insecure)
    {
        var options = new SslClientAuthenticationOptions
        {
            // The name of the service, though the connection goes to one of its endpoints.
            TargetHost = host,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (clientCertificate is not null)
        {
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => clientCertificate();
        }

        if (insecure)
        {
            // Asked for by whoever registered the service (insecureSkipTLSVerify).
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }
        else
        {
            options.RemoteCertificateValidationCallback = ClientFaults.Verify;
        }

        if (!insecure && authorities.Length > 0)
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPem(authorities);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            policy.CustomTrustStore.AddRange(trusted);
            options.CertificateChainPolicy = policy;
        }

        return options;
    }

    private HttpClient Make(string host, string authorities, bool insecure)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = Tls(host, authorities, insecure), PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false, UseCookies = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.None,
        };
        if (clientCertificate is not null)
        {
            // Aggregated servers are told identities, in headers of several lines.
            handler.PlaintextStreamFilter = static (connection, _) => new(new HeaderLineStream(connection.PlaintextStream));
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>A ready endpoint of a service's port, by chance.</summary>
    private IPEndPoint Endpoint(string ns, string name, int number)
    {
        var service = objects.Get<Service>(ns, name) ?? throw new ServiceResolutionException($"service \"{name}\" not found");
        var port = service.Spec.Ports.FirstOrDefault(p => p.Port == number) ?? throw new ServiceResolutionException($"no service port {number} found for service \"{name}\"");
        var found = new List<IPEndPoint>();
        foreach (var slice in objects.List<EndpointSlice>(ns))
        {
            if (slice.Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name") != name
                || slice.Ports.FirstOrDefault(p => (p.Name ?? "") == port.Name) is not { Port: { } targetPort })
            {
                continue;
            }

            foreach (var endpoint in slice.Endpoints)
            {
                if (endpoint.Conditions.Ready != false && endpoint.Addresses.Count > 0 && IPAddress.TryParse(endpoint.Addresses[0], out var address))
                {
                    found.Add(new IPEndPoint(address, targetPort));
                }
            }
        }

        if (found.Count == 0)
        {
            // Without endpoints of its own the address may still be answered, by somebody's proxy.
            return IPAddress.TryParse(service.Spec.ClusterIP, out var clusterAddress)
                ? new IPEndPoint(clusterAddress, number)
                : throw new ServiceResolutionException($"no endpoints available for service \"{name}\"");
        }

        lock (_gate)
        {
            return found[random.Next(found.Count)];
        }
    }
}
