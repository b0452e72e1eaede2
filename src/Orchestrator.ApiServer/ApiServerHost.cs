using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Nodes;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Access.Reviews;
using Orchestrator.ApiServer.Access.Webhooks;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Admission.Policies;
using Orchestrator.ApiServer.Admission.Webhooks;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.CustomResources.Conversion;
using Orchestrator.ApiServer.CustomResources.Definitions;
using Orchestrator.ApiServer.Discovery;
using Orchestrator.ApiServer.Encryption;
using Orchestrator.ApiServer.Events;
using Orchestrator.ApiServer.Fairness;
using Orchestrator.ApiServer.Health;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.Identity.Joining;
using Orchestrator.ApiServer.InProcess;
using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Metrics;
using Orchestrator.ApiServer.Nodes;
using Orchestrator.ApiServer.Printing;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Reloading;
using Orchestrator.ApiServer.ResourceMetrics;
using Orchestrator.ApiServer.Services;
using Orchestrator.ApiServer.Subresources;
using Orchestrator.ApiServer.Watching;
using Orchestrator.Client;
using Orchestrator.Storage;
using Orchestrator.Storage.Etcd;
using Orchestrator.Storage.Sqlite;

namespace Orchestrator.ApiServer;

/// <summary>
/// A running API server: the store, the registry over it, and the HTTP front. Started by <see cref="StartAsync"/>; disposing drains requests, ends
/// watches, and closes the store.
/// </summary>
public sealed class ApiServerHost : IAsyncDisposable
{
    private const int RequestHeadMax = 1 << 20;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(10);
    private readonly WebApplication _web;
    private readonly IStore _store;
    private readonly ObjectViewFeeder _views;
    private readonly ServerTls _tls;
    private readonly CancellationTokenSource _stopping;
    private readonly ApiServices _services;
    private readonly AggregationRoutes _routes;
    private readonly ServiceHttpClients _aggregatedClients;
    private readonly TimeProvider _time;
    private readonly ServerMetrics _metrics;
    private readonly FairnessService? _fairness;
    private readonly Auditor? _auditor;
    private readonly EncryptionService _encryption;
    private readonly EventExpiry _expiry;
    private readonly IReadOnlyList<IAsyncDisposable> _background;
    private readonly ComponentStatuses _components;

    private ApiServerHost(WebApplication web, IStore store, ObjectViewFeeder views, ServerTls tls, CancellationTokenSource stopping, Parts parts)
    {
        (_web, _store, _views, _tls, _stopping) = (web, store, views, tls, stopping);
        Pki = parts.Pki;
        Url = parts.Url;
        _services = parts.Services;
        (_routes, _aggregatedClients, _time) = (parts.Routes, parts.AggregatedClients, parts.Time);
        Identity = parts.Identity;
        _metrics = parts.Metrics;
        _fairness = parts.Fairness;
        _auditor = parts.Auditor;
        _encryption = parts.Encryption;
        _expiry = parts.Expiry;
        _background = parts.Background;
        _components = parts.Components;
    }

    /// <summary>The cluster's keys and certificates.</summary>
    public ClusterPki Pki { get; }

    /// <summary>Signs certificates and tokens; for the controllers that hand them out.</summary>
    public IdentityServices Identity { get; }

    /// <summary>Where the server listens, as a client on this machine reaches it.</summary>
    public Uri Url { get; private set; }

    /// <summary>Completes when the store has stopped by itself, which ends the server.</summary>
    public Task Completion => _store.Completion;

    /// <summary>Opens the store, makes what a new cluster needs, and serves. When this returns the server is ready.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public static async Task<ApiServerHost> StartAsync(ApiServerOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        var stopping = new CancellationTokenSource();
        var encryption = EncryptionService.Open(
            options.EncryptionConfigFile, options.EtcdEndpoints.Count > 0 ? null : Path.Combine(options.DataDirectory, "pki"), time, loggers);
        var storeTask = OpenStoreAsync(options, encryption, time, loggers, cancellationToken);
        var pki = ClusterPki.Open(
            new PkiOptions
            {
                Directory = Path.Combine(options.DataDirectory, "pki"),
                Addresses = Addresses(options),
                DnsNames = [Dns.GetHostName(), .. options.TlsNames.Where(static n => !IPAddress.TryParse(n, out _))],
                ClusterDomain = options.ClusterDomain,
                ClientAuthorityFile = options.ClientAuthorityFile,
                FrontProxyAuthorityFile = options.RequestHeaders.AuthorityFile,
            },
            time);
        var registry = new ResourceRegistry();
        var metrics = new ServerMetrics(registry, time);
        var store = new MeasuredStore(await storeTask, metrics.Registry, time);
        encryption.Attach(store);

        // 1. The registry.
        var codec = new ObjectCodec(registry);
        var converter = new CustomConverter(new ObjectConverter());
        var lister = new Lister(store, codec, converter, time);
        var objectLister = new StoreObjectLister(store, codec, registry);
        var tokenOptions = new Identity.Tokens.ServiceAccountTokenOptions();
        var identity = new IdentityServices(
            pki,
            objectLister,
            new IdentityOptions
            {
                StaticTokenFile = options.StaticTokenFile,
                Oidc = options.Oidc,
                Anonymous = options.Anonymous,
                RequestHeaders = options.RequestHeaders,
                TokenWebhook = options.TokenWebhook,
                ServiceAccountTokens = tokenOptions,
            },
            time,
            loggers);
        var rbac = new RbacIndex();
        var nodeGraph = new NodeGraph();
        var authorizers = new AuthorizerChain(BuildAuthorizers(options.Authorization));
        IReadOnlyList<IAuthorizer> BuildAuthorizers(AuthorizationOptions authorization) => authorization.Build(
            () => new NodeAuthorizer(nodeGraph, objectLister, rbac),
            () => new RbacAuthorizer(rbac),
            webhook => new WebhookAuthorizer(webhook, time, loggers.CreateLogger<WebhookAuthorizer>()));
        var webhooks = new WebhookIndex();
        var webhookClient = new WebhookClient(objectLister, time, new Random(random.Next())) { Instruments = metrics.Admission };
        var versions = new EquivalentVersions(registry, converter);
        var webhookSelection = new WebhookSelection(objectLister, versions, new WebhookConditions(authorizers), loggers.CreateLogger<WebhookSelection>());
        var policies = new PolicyIndex();
        var policyScope = new PolicyScope(objectLister, versions, new PolicyParameters(store, codec, registry, converter), authorizers);
        var namespaces = new StoreNamespaceMaker(registry, time);
        var admission = DefaultAdmission.Create(
            new AdmissionServices
            {
                Objects = objectLister,
                Quotas = new StoreQuotaWriter(store, codec, time),
                Rbac = rbac,
                Authorizers = authorizers,
                Namespaces = namespaces,
                Registry = registry,
                Time = time,
                Random = new Random(random.Next()),
            },
            options.Admission,
            new MutatingPolicyAdmission(policies, policyScope),
            new MutatingWebhookAdmission(webhooks, webhookSelection, webhookClient),
            new ValidatingPolicyAdmission(policies, policyScope),
            new ValidatingWebhookAdmission(webhooks, webhookSelection, webhookClient));
        admission.Instruments = metrics.Admission;
        var serviceRanges = new ServiceRanges(options.ServiceRange);
        var hooks = new Dictionary<string, ICommitHook> { ["services"] = new ServiceAddresses(serviceRanges, store, codec, random) };
        var objects = new ObjectStore(store, codec, admission, converter, hooks, new ObjectNames(random))
        {
            MustRewrite = encryption.Transformer.IsStale,
            Namespaces = name => objectLister.Get<Api.Core.V1.Namespace>("", name),
        };
        namespaces.Objects = objects;
        var transformer = new ObjectTransformer(new TablePrinter(), time);

        // 2. The front.
        var components = new ComponentStatuses(store, options.LocalComponents);
        var subresources = new Dictionary<string, ISubresourceHandler>();
        var creators = new Dictionary<string, IObjectCreator>();
        var subresourceCreators = new Dictionary<string, IObjectCreator>();
        var followUps = new Dictionary<string, FollowUp>();
        var nodes = new NodeConnector(objectLister, pki.KubeletClientCertificate);
        var metricsApi = options.ResourceMetrics ? new ResourceMetricsApi(objectLister, new NodeScraper(nodes, time, loggers.CreateLogger<NodeScraper>())) : null;
        var services = new ApiServices
        {
            FollowUps = followUps,
            Registry = registry,
            Objects = objects,
            Codec = codec,
            Converter = converter,
            Lister = lister,
            ListWriter = new ListWriter(codec, converter, transformer),
            Transformer = transformer,
            Watches = new WatchServices(store, codec, lister, converter, transformer, time, random, stopping.Token) { Instruments = metrics.Requests, Gone = registry.Gone },
            Patcher = new Patcher(objects),
            Time = time,
            Subresources = subresources,
            Creators = creators,
            Sources = new Dictionary<string, IObjectSource> { ["componentstatuses"] = components },
            SubresourceCreators = subresourceCreators,
        };
        var pods = registry.Find("", "v1", "pods")!;
        var binding = new BindingCreator(objects, pods, objectLister);
        creators["bindings"] = binding;
        AddCreator("pods/binding", binding, Api.Core.V1.Binding.ApiType, "v1");
        AddCreator("pods/eviction", new EvictionCreator(objects, pods, registry.Find("policy", "v1", "poddisruptionbudgets")!, objectLister), Api.Policy.V1.Eviction.ApiType, "policy/v1");
        AddCreator("serviceaccounts/token", new TokenRequestCreator(identity.TokenRequests), Api.Authentication.V1.TokenRequest.ApiType, "authentication.k8s.io/v1");
        creators["authentication.k8s.io/tokenreviews"] = new TokenReviewCreator(identity.TokenReviews);
        creators["authentication.k8s.io/selfsubjectreviews"] = new SelfSubjectReviewCreator();
        var reviews = new AccessReviewCreator(new AccessReviews(authorizers));
        foreach (var name in (string[])["subjectaccessreviews", "localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"])
        {
            creators["authorization.k8s.io/" + name] = reviews;
        }

        subresources["*/scale"] = services.Scales;
        var connections = new ConnectAdmission(admission);
        var podConnections = new PodConnections(objects, nodes, new Tunnel(nodes), connections);
        foreach (var name in (string[])["log", "exec", "attach", "portforward"])
        {
            subresources["pods/" + name] = podConnections;
        }

        subresources["*/proxy"] = new ProxyHandler(objectLister, nodes, connections, random);

        void AddCreator(string path, IObjectCreator creator, StructSchema schema, string apiVersion)
        {
            subresourceCreators[path] = creator;
            subresources[path] = new CreatorHandler(objects, creator, schema, apiVersion, schema.TypeName);
        }

        // 3. What a new cluster is given.
        var views = new ObjectViewFeeder(store, codec, registry, loggers.CreateLogger<ObjectViewFeeder>());
        var bootstrap = new Bootstrap(objects, services.Patcher, registry, options, time, JoinObjects.All(pki.Authority.Pem, $"https://{AdvertisedAddress(options)}:{options.HttpsPort}"));
        await bootstrap.RunAsync(cancellationToken);
        var fairness = options.PriorityAndFairness
            ? new FairnessService(options.RequestsInflightMax + options.MutatingRequestsInflightMax, metrics.Registry, store, services.Patcher, registry, time, loggers)
            : null;
        if (fairness is not null)
        {
            views.Attach(fairness.Configuration);
            followUps[registry.Find("flowcontrol.apiserver.k8s.io", "v1", "flowschemas")!.Collection] = fairness.FollowUp;
        }

        var serviceClients = new ServiceHttpClients(objectLister, new Random(random.Next()));
        var definitions = new DefinitionController(objects, registry, new ConversionWebhookClient(serviceClients, new ConversionInstruments(metrics.Registry), time), time, loggers.CreateLogger<DefinitionController>());
        await definitions.StartAsync(cancellationToken);
        followUps[registry.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions")!.Collection] = definitions.FollowUp;
        var routes = new AggregationRoutes();
        var aggregatedClients = new ServiceHttpClients(objectLister, new Random(random.Next()), pki.FrontProxyClientCertificate);
        var apiServices = new ApiServiceController(
            objects, registry, routes, new AvailabilityCheck(objectLister, aggregatedClients, time), metricsApi is null ? [] : [metricsApi.Registration], pki, time, loggers.CreateLogger<ApiServiceController>());
        await apiServices.StartAsync(cancellationToken);
        views.Attach(rbac);
        views.Attach(nodeGraph);
        views.Attach(webhooks);
        views.Attach(policies);
        views.Attach(serviceRanges);
        var addressObjects = new AddressObjects(objects, registry, time, loggers.CreateLogger<AddressObjects>());
        views.Attach(addressObjects);

        // 4. Serve.
        var ready = false;
        var health = new HealthEndpoint(ServerChecks.Of(store, () => ready, () => stopping.IsCancellationRequested), metrics.Slis);
        var advertised = $"{AdvertisedAddress(options)}:{options.HttpsPort}";
        var documents = new Dictionary<string, Func<HttpContext, ValueTask>>
        {
            ["/version"] = c => VersionDocument.WriteAsync(c),
            ["/openid/v1/jwks"] = c => Responses.WriteBytesAsync(c, 200, "application/jwk-set+json", pki.ServiceAccountKeys.KeySet, c.RequestAborted),
            ["/.well-known/openid-configuration"] = c => Responses.WriteBytesAsync(
                c, 200, "application/json", pki.ServiceAccountKeys.Discovery(identity.ServiceAccountTokens.Issuer, $"https://{advertised}/openid/v1/jwks"), c.RequestAborted),
        };
        var expiry = new EventExpiry(store, codec, options.EventTimeToLive, time, loggers.CreateLogger<EventExpiry>());
        var auditor = Auditor.Create(options.Audit, metrics.Registry, time, loggers);
        var pages = new StatusPages(options.Flags, time.GetUtcNow(), time, () => documents.Keys.Concat(["/healthz", "/livez", "/readyz"]).Order(StringComparer.Ordinal));
        documents["/metrics"] = metrics.Endpoint.WriteAsync;
        documents["/metrics/slis"] = metrics.Endpoint.WriteSlisAsync;
        if (fairness is not null)
        {
            documents["/debug/api_priority_and_fairness/dump_priority_levels"] = fairness.Debug.LevelsAsync;
            documents["/debug/api_priority_and_fairness/dump_queues"] = fairness.Debug.QueuesAsync;
            documents["/debug/api_priority_and_fairness/dump_requests"] = fairness.Debug.RequestsAsync;
        }

        documents["/statusz"] = pages.StatusAsync;
        documents["/flagz"] = pages.FlagsAsync;
        documents["/configz"] = pages.ConfigurationAsync;
        var others = new NonResourceEndpoint(registry, routes, new DiscoveryEndpoint(registry, routes, advertised), new OpenApi.OpenApiEndpoint(registry, routes), health, new PathIndex(registry, routes, health, documents), documents);
        var front = new ApiFront(
            identity.Authenticator,
            new Impersonation(authorizers),
            authorizers,
            new ResourceEndpoint(services),
            others,
            new AggregationProxy(routes, aggregatedClients, loggers.CreateLogger<AggregationProxy>()),
            new RequestTracker(metrics.Requests, time, loggers.CreateLogger<RequestTracker>()),
            new RequestTimers(options.RequestTimeout, time),
            fairness?.Filter,
            auditor,
            metrics.Access,
            time,
            loggers.CreateLogger<ApiFront>());
        var tls = new ServerTls(pki, time, loggers.CreateLogger<ServerTls>());
        var web = Listen(options, tls, front, loggers);
        await web.StartAsync(cancellationToken);
        ready = true;
        var background = new List<IAsyncDisposable> { apiServices, definitions, addressObjects };
        if (options.AuthenticationConfigFile is { } authentication)
        {
            background.Add(Follow(authentication, "authentication", bytes => identity.Replace(AuthenticationConfigReader.ParseAgain(bytes, authentication.Content).Issuers)));
        }

        if (options.Authorization.File is { } authorization)
        {
            background.Add(Follow(authorization, "authorization", bytes => authorizers.Replace(BuildAuthorizers(AuthorizationConfigReader.ParseAgain(bytes, options.Authorization.Modes)))));
        }

        ReloadingFile Follow(ConfigurationSource source, string what, Action<byte[]> apply) =>
            new(source.Path, source.Content, apply, new ReloadInstruments(metrics.Registry, what), time, loggers.CreateLogger<ReloadingFile>());

        var port = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
            .Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)).Port;
        var host = options.Bind.Equals(IPAddress.Any) || options.Bind.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : options.Bind;
        return new ApiServerHost(web, store, views, tls, stopping, new Parts(pki, new Uri($"https://{host}:{port}"), services, routes, aggregatedClients, time, identity, metrics, fairness, auditor, encryption, expiry, background, components));
    }

    /// <summary>A client in this process that acts as a user; trusted, so nobody asks whether he may.</summary>
    /// <param name="userName">Such as <c>system:kube-controller-manager</c>; also the manager of the fields that it sets.</param>
    public IClusterClient CreateClient(string userName)
    {
        var user = new UserInfo { Name = userName, Groups = ["system:masters", "system:authenticated"] };
        var aggregated = AggregatedHandler.Client(_routes, _aggregatedClients, user, _time);
        return new InProcessClusterClient(_services, _routes, aggregated, user, userName[(userName.LastIndexOf(':') + 1)..]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        using var drain = new CancellationTokenSource(DrainTime);
        await _web.StopAsync(drain.Token);
        await _web.DisposeAsync();
        foreach (var part in _background)
        {
            await part.DisposeAsync();
        }

        await _views.DisposeAsync();
        if (_fairness is not null)
        {
            await _fairness.DisposeAsync();
        }

        if (_auditor is not null)
        {
            await _auditor.DisposeAsync();
        }

        await _expiry.DisposeAsync();
        await _store.DisposeAsync();
        await _encryption.DisposeAsync();
        _components.Dispose();
        _tls.Dispose();
        _metrics.Dispose();
        _stopping.Dispose();
    }

    private static async Task<IStore> OpenStoreAsync(ApiServerOptions options, EncryptionService encryption, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var settings = new StoreOptions { HistoryRetention = options.History, Transformer = encryption.Transformer };
        if (options.EtcdEndpoints.Count > 0)
        {
            return await EtcdStore.OpenAsync(
                new EtcdStoreOptions { Endpoints = options.EtcdEndpoints, Store = settings }, time, loggers.CreateLogger<EtcdStore>(), cancellationToken);
        }

        return await Task.Run(
            () => SqliteStore.Open(new SqliteStoreOptions { Directory = Path.Combine(options.DataDirectory, "store"), Store = settings }, time, loggers.CreateLogger<SqliteStore>()),
            cancellationToken);
    }

    private static WebApplication Listen(ApiServerOptions options, ServerTls tls, ApiFront front, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;

            // Warnings quote what clients sent, and Go writes UTF-8 into headers.
            kestrel.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.UTF8;
            kestrel.Limits.MaxResponseBufferSize = 256 * 1024;
            kestrel.Limits.MaxRequestBodySize = null;

            // As Go: selectors and the commands of exec are in the address.
            kestrel.Limits.MaxRequestLineSize = RequestHeadMax;
            kestrel.Limits.MaxRequestHeadersTotalSize = RequestHeadMax;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = RequestHeadMax;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxConcurrentUpgradedConnections = null;

            // A Go client sends all its requests over one connection; watches stay open on it too.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 2 * 1024 * 1024;
            kestrel.Limits.Http2.InitialStreamWindowSize = 1024 * 1024;
            kestrel.Listen(options.Bind, options.HttpsPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(tls.HandshakeOptions);
            });
        });

        // After Kestrel's own: the last one registered is the one that is used.
        builder.Services.AddSingleton<Microsoft.AspNetCore.Connections.IMemoryPoolFactory<byte>>(new BlockPool.Factory());
        var web = builder.Build();
        web.Run(front.HandleAsync);
        return web;
    }

    private static List<IPAddress> Addresses(ApiServerOptions options)
    {
        var addresses = new List<IPAddress> { FirstOf(options.ServiceRange), AdvertisedAddress(options) };
        if (!options.Bind.Equals(IPAddress.Any) && !options.Bind.Equals(IPAddress.IPv6Any))
        {
            addresses.Add(options.Bind);
        }

        foreach (var name in options.TlsNames)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    /// <summary>The address of the service <c>kubernetes</c>.</summary>
    internal static IPAddress FirstOf(IPNetwork range)
    {
        var bytes = range.BaseAddress.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes);
    }

    internal static IPAddress AdvertisedAddress(ApiServerOptions options)
    {
        if (options.AdvertiseAddress is { } given)
        {
            return given;
        }

        if (!options.Bind.Equals(IPAddress.Any) && !options.Bind.Equals(IPAddress.IPv6Any) && !IPAddress.IsLoopback(options.Bind))
        {
            return options.Bind;
        }

        foreach (var address in System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .Where(static n => n.OperationalStatus == System.Net.NetworkInformation.OperationalStatus.Up
                && n.NetworkInterfaceType != System.Net.NetworkInformation.NetworkInterfaceType.Loopback)
            .SelectMany(static n => n.GetIPProperties().UnicastAddresses))
        {
            if (address.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
            {
                return address.Address;
            }
        }

        return IPAddress.Loopback;
    }

    private sealed record Parts(ClusterPki Pki, Uri Url, ApiServices Services, AggregationRoutes Routes, ServiceHttpClients AggregatedClients, TimeProvider Time, IdentityServices Identity, ServerMetrics Metrics, FairnessService? Fairness, Auditor? Auditor, EncryptionService Encryption, EventExpiry Expiry, IReadOnlyList<IAsyncDisposable> Background, ComponentStatuses Components);
}
