using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Storage.Etcd;

/// <summary>What the etcd engine can be told.</summary>
public sealed class EtcdStoreOptions
{
    /// <summary>Client URLs of the cluster's members, <c>https://host:2379</c>. Calls go to one of them, and to the next when it fails.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>
    /// What all our keys start with. Default <c>/orchestrator/</c>. Not <c>/registry/</c>, where upstream keeps what we could not read.
    /// </summary>
    public string Prefix { get; init; } = "/orchestrator/";

    /// <summary>Who may sign the members' certificates; null for the system's authorities.</summary>
    public X509Certificate2Collection? TrustedAuthorities { get; init; }

    /// <summary>Whom we are, with the private key; null for nobody.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>How long a call may take, other endpoints included. Default 10 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often etcd is told to forget what is older than <see cref="StoreOptions.HistoryRetention"/>. Default 5 minutes; zero for never, if somebody else does.</summary>
    public TimeSpan CompactionInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What holds for all engines. <see cref="StoreOptions.WithoutHistory"/> means nothing here: etcd compacts all keys alike.</summary>
    public StoreOptions Store { get; init; } = new();
}
