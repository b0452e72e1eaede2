using System.Net;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Identity.Authentication;

namespace Orchestrator.Settings;

/// <summary>What an operator can say about the API server and what runs beside it.</summary>
internal sealed record ServerSettings
{
    public const int DefaultHttpsPort = 6443;

    public static Setting<string> DataDirectorySetting { get; } = new("data-dir", $"Where all state is kept (default {DataDirectory.DefaultPath})",
        SettingValue.Path("DIR"), DataDirectory.DefaultPath);

    private static readonly Setting<IPAddress> BindSetting = new("bind", "The address to listen on (default 0.0.0.0)", SettingValue.Address, IPAddress.Any);

    private static readonly Setting<IPAddress?> AdvertiseSetting = new("advertise-address",
        "The address under which nodes and pods reach this server (default: that of the default route)", SettingValue.OptionalAddress, null);

    private static readonly Setting<string[]> TlsNamesSetting = new("tls-san",
        "More names and addresses under which clients reach this server, with commas between them: they go into its certificate", SettingValue.List("NAMES"), []);

    private static readonly Setting<int> HttpsPortSetting = new("https-port", $"The port of the API (default {DefaultHttpsPort})", SettingValue.Port, DefaultHttpsPort);

    private static readonly Setting<bool> ControllersSetting = new("controllers", "Run the controllers (default true)", SettingValue.Bool, true);

    private static readonly Setting<bool> SchedulerSetting = new("scheduler", "Run the scheduler (default true)", SettingValue.Bool, true);

    public static Setting<IPNetwork> ServiceRangeSetting { get; } = new("service-cluster-ip-range",
        "Services' addresses come from here (default 10.96.0.0/16)", SettingValue.Network, IPNetwork.Parse("10.96.0.0/16"));

    public static Setting<IPNetwork> PodRangeSetting { get; } = new("cluster-cidr",
        "Nodes' pod ranges are cut from here, a /24 for each (default 10.244.0.0/16)", SettingValue.Network, IPNetwork.Parse("10.244.0.0/16"));

    public static Setting<string> ClusterDomainSetting { get; } = new("cluster-domain", "The domain of the cluster's names (default cluster.local)",
        SettingValue.Text("NAME"), "cluster.local");

    private static readonly Setting<string?> TokenFileSetting = new("static-token-file",
        "A CSV file of lasting tokens: token,user,uid,\"group,group\"", SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<string?> ClientAuthoritySetting = new("client-ca-file",
        "PEM of CAs whose client certificates are known besides the cluster's own", SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<StoreKind> StoreSetting = new("store", "Where objects are kept (default sqlite, below the data directory)",
        SettingValue.OneOf(("sqlite", StoreKind.Sqlite), ("etcd", StoreKind.Etcd)), StoreKind.Sqlite);

    private static readonly Setting<string[]> EtcdEndpointsSetting = new("etcd-endpoints", "For --store etcd: URLs with commas between them",
        SettingValue.List("URLS"), []);

    private static readonly Setting<TimeSpan> HistorySetting = new("history", "How long past states stay readable and watches can resume from (default 1h)",
        SettingValue.Duration, TimeSpan.FromHours(1));

    private static readonly Setting<bool> WarmUpSetting = new("warm-up",
        "Send the new server some dry requests, so that its first clients find it compiled (default true)", SettingValue.Bool, true);

    private static readonly Setting<bool> FairnessSetting = new("enable-priority-and-fairness",
        "Let flow schemas and priority levels decide whose requests wait (default true)", SettingValue.Bool, true);

    private static readonly Setting<int> InflightSetting = new("max-requests-inflight",
        "With --max-mutating-requests-inflight: how many requests run at once, exempt ones aside (default 400)", SettingValue.Count(0, 1_000_000), 400);

    private static readonly Setting<int> MutatingInflightSetting = new("max-mutating-requests-inflight",
        "See --max-requests-inflight (default 200)", SettingValue.Count(0, 1_000_000), 200);

    private static readonly Setting<TimeSpan> RequestTimeoutSetting = new("request-timeout",
        "How long a request may take unless it lasts as long as its client wants, as watches do (default 1m)", SettingValue.Duration, TimeSpan.FromMinutes(1));

    private static readonly Setting<string?> EncryptionSetting = new("encryption-provider-config",
        "An EncryptionConfiguration, read again as it changes (default: Secrets are encrypted under a key of the data directory)", SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<TimeSpan> EventTtlSetting = new("event-ttl", "How long Events are kept after they last happened (default 1h)",
        SettingValue.Duration, TimeSpan.FromHours(1));

    public static Setting[] All { get; } =
    [
        DataDirectorySetting, BindSetting, AdvertiseSetting, TlsNamesSetting, HttpsPortSetting, ControllersSetting, SchedulerSetting, ServiceRangeSetting, PodRangeSetting,
        ClusterDomainSetting, TokenFileSetting, ClientAuthoritySetting, StoreSetting, EtcdEndpointsSetting, HistorySetting, WarmUpSetting,
        FairnessSetting, InflightSetting, MutatingInflightSetting, RequestTimeoutSetting, EncryptionSetting, EventTtlSetting,
        .. AuditSettings.All, .. AccessSettings.All,
    ];

    public required DataDirectory DataDirectory { get; init; }

    public required IPAddress Bind { get; init; }

    /// <summary>Null means: find out.</summary>
    public required IPAddress? AdvertiseAddress { get; init; }

    public required IReadOnlyList<string> TlsNames { get; init; }

    public required int HttpsPort { get; init; }

    public required bool Controllers { get; init; }

    public required bool Scheduler { get; init; }

    public required IPNetwork ServiceRange { get; init; }

    public required IPNetwork PodRange { get; init; }

    public required string ClusterDomain { get; init; }

    public required string? TokenFile { get; init; }

    public required string? ClientAuthorityFile { get; init; }

    public required StoreKind Store { get; init; }

    public required IReadOnlyList<string> EtcdEndpoints { get; init; }

    public required TimeSpan History { get; init; }

    public required bool WarmUp { get; init; }

    public required bool PriorityAndFairness { get; init; }

    public required int RequestsInflightMax { get; init; }

    public required int MutatingRequestsInflightMax { get; init; }

    public required TimeSpan RequestTimeout { get; init; }

    /// <summary>Null for the own key.</summary>
    public required string? EncryptionConfigFile { get; init; }

    public required AuditOptions Audit { get; init; }

    public required AuthenticationSetup Authentication { get; init; }

    public required RequestHeaderOptions RequestHeaders { get; init; }

    /// <summary>Null for none.</summary>
    public required WebhookTokenOptions? TokenWebhook { get; init; }

    public required AuthorizationOptions Authorization { get; init; }

    public required AdmissionChoice Admission { get; init; }

    public required TimeSpan EventTimeToLive { get; init; }

    /// <summary>All settings as text, to be shown.</summary>
    public required IReadOnlyDictionary<string, string> Effective { get; init; }

    /// <exception cref="SettingException">A value cannot be read, or two contradict each other.</exception>
    public static ServerSettings Read(SettingReader reader)
    {
        var settings = new ServerSettings
        {
            DataDirectory = new(reader.Get(DataDirectorySetting)),
            Bind = reader.Get(BindSetting),
            AdvertiseAddress = reader.Get(AdvertiseSetting),
            TlsNames = reader.Get(TlsNamesSetting),
            HttpsPort = reader.Get(HttpsPortSetting),
            Controllers = reader.Get(ControllersSetting),
            Scheduler = reader.Get(SchedulerSetting),
            ServiceRange = reader.Get(ServiceRangeSetting),
            PodRange = reader.Get(PodRangeSetting),
            ClusterDomain = reader.Get(ClusterDomainSetting),
            TokenFile = reader.Get(TokenFileSetting),
            ClientAuthorityFile = reader.Get(ClientAuthoritySetting),
            Store = reader.Get(StoreSetting),
            EtcdEndpoints = reader.Get(EtcdEndpointsSetting),
            History = reader.Get(HistorySetting),
            WarmUp = reader.Get(WarmUpSetting),
            PriorityAndFairness = reader.Get(FairnessSetting),
            RequestsInflightMax = reader.Get(InflightSetting),
            MutatingRequestsInflightMax = reader.Get(MutatingInflightSetting),
            RequestTimeout = reader.Get(RequestTimeoutSetting),
            EncryptionConfigFile = reader.Get(EncryptionSetting),
            Audit = AuditSettings.Read(reader),
            Authentication = AccessSettings.ReadAuthentication(reader),
            RequestHeaders = AccessSettings.ReadRequestHeaders(reader),
            TokenWebhook = AccessSettings.ReadTokenWebhook(reader),
            Authorization = AccessSettings.ReadAuthorization(reader),
            Admission = AccessSettings.ReadAdmission(reader),
            EventTimeToLive = reader.Get(EventTtlSetting),
            Effective = reader.Effective(All),
        };

        if (settings.Store == StoreKind.Etcd && settings.EtcdEndpoints.Count == 0)
        {
            throw new SettingException("--store etcd needs --etcd-endpoints, such as https://127.0.0.1:2379");
        }

        if (settings.ServiceRange.Contains(settings.PodRange.BaseAddress) || settings.PodRange.Contains(settings.ServiceRange.BaseAddress))
        {
            throw new SettingException($"--service-cluster-ip-range {settings.ServiceRange} and --cluster-cidr {settings.PodRange} overlap");
        }

        return settings;
    }
}
