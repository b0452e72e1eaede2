using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Namespaces;

/// <summary>Deletes whatever a namespace holds, resource by resource as discovery tells them.</summary>
internal sealed class NamespaceContent(IClusterClient client, Namespace ns)
{
    private static readonly DeleteOptions Background = new() { PropagationPolicy = "Background" };

    /// <summary>One round: deletes all, and looks what is left.</summary>
    public async ValueTask<NamespaceReport> DeleteAsync(CancellationToken cancellationToken)
    {
        var report = new NamespaceReport();
        var discovered = await client.DiscoverAsync(cancellationToken);
        if (!discovered.IsOk)
        {
            report.DiscoveryError = discovered.Error.Message;
            return report;
        }

        if (discovered.Value.FailedGroupVersions.Count > 0)
        {
            // What cannot be seen cannot be called empty.
            var failed = discovered.Value.FailedGroupVersions;
            report.DiscoveryError = $"Discovery failed for some groups, {failed.Count} failing: unable to retrieve the complete list of server APIs: "
                + string.Join(", ", failed.Order(StringComparer.Ordinal).Select(static v => $"{v}: stale GroupVersion discovery: {v}"));
        }

        // Pods go first: while one still runs it may need the configuration, the network policies and the rights that it was given.
        var deletable = discovered.Value.Resources.Where(static r => r.Namespaced && r.Verbs.Contains("delete")).ToArray();
        var pods = Array.Find(deletable, static r => r is { Group: "", Resource: "pods" });
        if (pods is not null)
        {
            await DeleteAsync(pods, report, cancellationToken);
            if (report.HasContent || report.ContentErrors.Count > 0)
            {
                return report;
            }
        }

        foreach (var resource in deletable)
        {
            if (!ReferenceEquals(resource, pods))
            {
                await DeleteAsync(resource, report, cancellationToken);
            }
        }

        return report;
    }

    private async ValueTask DeleteAsync(ResourceInfo resource, NamespaceReport report, CancellationToken cancellationToken)
    {
        var collection = new ResourcePath(resource, ns.Metadata.Name);
        if (!resource.Verbs.Contains("list"))
        {
            return;
        }

        var present = await client.ListAsync<PartialObjectMetadata>(collection, null, cancellationToken);
        if (Refused(present.Error, resource, report) || present.Value.Items.Count == 0)
        {
            return;
        }

        if (resource.Verbs.Contains("deletecollection"))
        {
            var deleted = await client.DeleteCollectionAsync(collection, Background, null, cancellationToken);
            if (Refused(deleted.Error, resource, report))
            {
                return;
            }
        }
        else
        {
            foreach (var item in present.Value.Items)
            {
                var deleted = await client.DeleteAsync(collection with { Name = item.Metadata.Name }, Background, cancellationToken);
                if (!deleted.IsNotFound && Refused(deleted.Error, resource, report))
                {
                    return;
                }
            }
        }

        var left = await client.ListAsync<PartialObjectMetadata>(collection, null, cancellationToken);
        if (!Refused(left.Error, resource, report))
        {
            report.Add(resource, left.Value.Items);
        }
    }

    private static bool Refused(Status? error, ResourceInfo resource, NamespaceReport report)
    {
        if (error is null)
        {
            return false;
        }

        // A resource that vanished or cannot do this holds nothing to delete.
        if (error.Reason is not (StatusReason.NotFound or StatusReason.MethodNotAllowed))
        {
            report.ContentErrors.Add($"{resource.GroupResource}: {error.Message}");
        }

        return true;
    }
}
