using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.ServerLeases;

/// <summary>
/// Tells which API servers a cluster has: each holds a Lease in <c>kube-system</c> that it renews (KEP-1965). Leases of servers that have long been gone are
/// removed by those that live.
/// </summary>
/// <param name="client">The server itself.</param>
/// <param name="hostName">The machine's name. A server that starts again on it takes its lease again.</param>
/// <param name="instance">Tells this run of the program from others.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where to log.</param>
public sealed partial class ServerLease(IClusterClient client, string hostName, Guid instance, TimeProvider time, ILogger<ServerLease> logger)
{
    /// <summary>Where the leases are.</summary>
    public const string Namespace = "kube-system";

    /// <summary>What such leases are labelled with, and the manager of their fields.</summary>
    public const string Component = "kube-apiserver";

    private const string ComponentLabel = "apiserver.kubernetes.io/identity";

    /// <summary>How often a lease is renewed; far more often than it must be, so that the time tells when a server was last seen.</summary>
    public static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(10);

    /// <summary>How long a lease holds after it was renewed, and how often those of others are looked at.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromHours(1);

    /// <summary>The lease's name, the same for every server of a machine's name.</summary>
    public string Name { get; } = "apiserver-" + Base32(SHA256.HashData(Encoding.UTF8.GetBytes(hostName)).AsSpan(0, 16));

    /// <summary>Renews and sweeps until cancelled. What fails is tried again at the next renewal.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long? swept = null;
        while (true)
        {
            var renewed = await RenewAsync(cancellationToken);
            if (!renewed.IsOk)
            {
                LogFailed(Name, renewed.Error.Message);
            }
            else if (swept is not { } last || time.GetElapsedTime(last) >= Duration)
            {
                await SweepAsync(cancellationToken);
                swept = time.GetTimestamp();
            }

            await Task.Delay(RenewPeriod, time, cancellationToken);
        }
    }

    /// <summary>Takes the lease, or renews it.</summary>
    internal async Task<ApiResult<Lease>> RenewAsync(CancellationToken cancellationToken)
    {
        var path = ResourcePath.Of<Lease>(new ObjectKey(Namespace, Name));
        var held = await client.GetAsync<Lease>(path, null, cancellationToken);
        if (held.IsNotFound)
        {
            return await client.CreateAsync(ResourcePath.Of<Lease>(Namespace), Renewed(new() { Metadata = new() { Namespace = Namespace, Name = Name } }), new() { FieldManager = Component }, cancellationToken);
        }

        return held.IsOk ? await client.UpdateAsync(path, Renewed(held.Value), new() { FieldManager = Component }, cancellationToken) : held;
    }

    /// <summary>Removes the leases of servers that have not renewed them in time.</summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        var all = await client.ListAsync<Lease>(Namespace, new() { LabelSelector = $"{ComponentLabel}={Component}" }, cancellationToken);
        if (!all.IsOk)
        {
            LogUnswept(all.Error.Message);
            return;
        }

        var now = time.GetUtcNow();
        foreach (var lease in all.Value.Items)
        {
            if (lease.Spec is { RenewTime: { } renewed, LeaseDurationSeconds: { } seconds } && renewed.AddSeconds(seconds) >= now)
            {
                continue;
            }

            // As it was looked at: a server that has come back meanwhile keeps it.
            var removed = await client.DeleteAsync(
                ResourcePath.Of<Lease>(new ObjectKey(Namespace, lease.Metadata.Name)),
                new() { Preconditions = new() { Uid = lease.Metadata.Uid, ResourceVersion = lease.Metadata.ResourceVersion } },
                cancellationToken);
            if (!removed.IsOk)
            {
                LogUnswept(removed.Error.Message);
            }
        }
    }

    private Lease Renewed(Lease lease) => lease with
    {
        Metadata = lease.Metadata with { Labels = lease.Metadata.Labels.With(ComponentLabel, Component).With("kubernetes.io/hostname", hostName) },
        Spec = lease.Spec with { HolderIdentity = $"{Name}_{instance}", LeaseDurationSeconds = (int)Duration.TotalSeconds, RenewTime = time.GetUtcNow() },
    };

    /// <summary>RFC 4648, section 6, in small letters and unpadded, as names take it.</summary>
    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        const string Digits = "abcdefghijklmnopqrstuvwxyz234567";
        var text = new StringBuilder();
        var (bits, count) = (0, 0);
        foreach (var b in bytes)
        {
            (bits, count) = ((bits << 8) | b, count + 8);
            for (; count >= 5; count -= 5)
            {
                text.Append(Digits[(bits >> (count - 5)) & 31]);
            }

            bits &= (1 << count) - 1;
        }

        return (count == 0 ? text : text.Append(Digits[(bits << (5 - count)) & 31])).ToString();
    }

    [LoggerMessage(1, LogLevel.Warning, "Cannot renew the server's lease {Name}: {Reason}")]
    private partial void LogFailed(string name, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Cannot remove leases of servers that are gone: {Reason}")]
    private partial void LogUnswept(string reason);
}
