namespace Orchestrator.Network;

/// <summary>Event ids of the node's network; they stay for good.</summary>
internal static class NetworkEvents
{
    public const int DnsUpstreamServers = 6000;
    public const int DnsResolvConfUnreadable = 6001;
    public const int DnsListening = 6002;
    public const int DnsListenFailed = 6003;
    public const int DnsSendFailed = 6004;
    public const int DnsUpstreamFailed = 6005;
    public const int DnsConnectionFailed = 6006;
    public const int DnsZonePublished = 6007;
    public const int CatalogRead = 6020;
    public const int CatalogUnreadable = 6021;
    public const int CatalogWriteFailed = 6022;
    public const int CatalogSynced = 6023;
    public const int ProxyApplied = 6040;
    public const int ProxyApplyFailed = 6041;
    public const int ProxyReconciled = 6042;
    public const int ProxyConntrackFailed = 6043;
    public const int ProxyHealthListenFailed = 6044;
    public const int ProxyDrift = 6045;
    public const int ProxyQuarantined = 6046;
    public const int PodNetworkConfigured = 6060;
    public const int PodNetworkFailed = 6061;
    public const int PodNetworkRouteChanged = 6062;
    public const int PodNetworkWaiting = 6063;
    public const int PodNetworkApplyFailed = 6064;
    public const int PodNetworkStateUnusable = 6065;
    public const int PolicyApplied = 6080;
    public const int PolicyApplyFailed = 6081;
    public const int CleanupFailed = 6090;
}
