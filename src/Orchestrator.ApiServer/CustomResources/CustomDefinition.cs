using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.CustomResources.Conversion;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Strategies;

namespace Orchestrator.ApiServer.CustomResources;

/// <summary>A custom resource definition ready for requests: its versions, and the resources they are served as. Immutable.</summary>
internal sealed class CustomDefinition
{
    private static readonly string[] Verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
    private static readonly string[] TerminatingVerbs = ["delete", "deletecollection", "get", "list", "watch"];
    private static readonly string[] SubresourceVerbs = ["get", "patch", "update"];

    private readonly ConversionWebhookClient _webhooks;

    public CustomDefinition(CustomResourceDefinition source, ConversionWebhookClient webhooks)
    {
        _webhooks = webhooks;
        Source = source;
        Names = source.Status.AcceptedNames;
        IsTerminating = source.Metadata.DeletionTimestamp is not null;
        Versions = source.Spec.Versions.Select(v => new CustomVersion(Group, Names.Kind, v)).ToFrozenDictionary(static v => v.ApiVersion);
        Storage = Versions.Values.First(static v => v.Source.Storage);
        Resources = [.. source.Spec.Versions.Where(static v => v.Served).Select(v => Serve(Versions[Group + "/" + v.Name]))];
        StorageResource = Resources.FirstOrDefault(r => ReferenceEquals(r.Custom, Storage)) ?? Serve(Storage);
    }

    public CustomResourceDefinition Source { get; }

    public string Group => Source.Spec.Group;

    /// <summary>The names under which it is served.</summary>
    public CustomResourceDefinitionNames Names { get; }

    /// <summary>By apiVersion; all versions, served or not.</summary>
    public FrozenDictionary<string, CustomVersion> Versions { get; }

    /// <summary>The version that is stored.</summary>
    public CustomVersion Storage { get; }

    /// <summary>The served versions as the registry knows them.</summary>
    public IReadOnlyList<ServedResource> Resources { get; }

    /// <summary>The stored version, served or not.</summary>
    public ServedResource StorageResource { get; }

    /// <summary>Being deleted: nothing new may be made.</summary>
    public bool IsTerminating { get; }

    public string Collection => Group + "/" + Source.Spec.Names.Plural;

    /// <summary>A stored object as its version's schema wants it now: pruned and defaulted; itself if it is so already.</summary>
    public CustomObject Normalize(CustomObject stored) =>
        Versions.TryGetValue(stored.ApiVersion, out var version) ? version.Default(version.Prune(stored, stored: true, unknown: null)) : stored;

    /// <summary>An object at another version; itself if that is what it is.</summary>
    /// <exception cref="Machinery.ApiException">The webhook failed.</exception>
    public async ValueTask<CustomObject> ConvertAsync(CustomObject obj, CustomVersion target, CancellationToken cancellationToken)
    {
        if (obj.ApiVersion == target.ApiVersion)
        {
            return obj;
        }

        var converted = Webhook is { } webhook ? await _webhooks.ConvertAsync(webhook, obj, target.ApiVersion, Source.Metadata.Name, cancellationToken) : obj with { ApiVersion = target.ApiVersion };
        return target.Prune(converted, stored: true, unknown: null);
    }

    /// <summary>As <see cref="ConvertAsync"/>, for callers that cannot wait: a webhook is called on their thread.</summary>
    /// <exception cref="Machinery.ApiException">The webhook failed.</exception>
    public CustomObject Convert(CustomObject obj, CustomVersion target)
    {
        if (obj.ApiVersion == target.ApiVersion)
        {
            return obj;
        }

        var converted = Webhook is { } webhook ? _webhooks.Convert(webhook, obj, target.ApiVersion, Source.Metadata.Name) : obj with { ApiVersion = target.ApiVersion };
        return target.Prune(converted, stored: true, unknown: null);
    }

    /// <summary>As <see cref="Convert"/>, for who must know all fields: those that the other version lacks are a fault.</summary>
    /// <exception cref="ApplyException">The other version does not know a field.</exception>
    public CustomObject ConvertWhole(CustomObject obj, CustomVersion target)
    {
        if (obj.ApiVersion == target.ApiVersion)
        {
            return obj;
        }

        var unknown = new List<string>();
        var converted = Webhook is { } webhook ? _webhooks.Convert(webhook, obj, target.ApiVersion, Source.Metadata.Name) : obj with { ApiVersion = target.ApiVersion };
        var pruned = target.Prune(converted, stored: true, unknown);
        return unknown.Count == 0 ? pruned : throw new ApplyException($".{unknown[0]}: field not declared in schema");
    }

    public override string ToString() => Source.Metadata.Name;

    /// <summary>Whether objects of other versions than the stored one are made by a webhook, which may fail.</summary>
    public bool AsksWebhook => Webhook is not null;

    private CustomResourceConversion? Webhook => Source.Spec.Conversion is { Strategy: "Webhook" } conversion ? conversion : null;

    private ServedResource Serve(CustomVersion version)
    {
        var namespaced = Source.Spec.Scope == "Namespaced";
        var subresources = new List<SubresourceInfo>(2);
        if (version.HasStatus)
        {
            subresources.Add(new("status", "", Names.Kind, SubresourceVerbs));
        }

        if (version.Scale is not null)
        {
            subresources.Add(new("scale", "autoscaling/v1", "Scale", SubresourceVerbs));
        }

        var info = new ResourceInfo
        {
            Group = Group,
            Version = version.Name,
            Resource = Source.Spec.Names.Plural,
            Singular = Names.Singular,
            Kind = Names.Kind,
            Namespaced = namespaced,
            Verbs = IsTerminating ? TerminatingVerbs : Verbs,
            ShortNames = [.. Names.ShortNames],
            Categories = [.. Names.Categories],
            StorageVersion = Storage.ApiVersion,
            StorageVersionHash = System.Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Storage.ApiVersion + "/" + Names.Kind)).AsSpan(0, 8)),
            Subresources = subresources,
        };
        var strategy = new CustomResourceStrategy(version, Names.Kind, namespaced);
        return new ServedResource(info, CustomObject.ApiType, CustomObject.ApiType, Storage.ApiVersion, Names.Kind, Collection)
        {
            ListKind = Names.ListKind,
            Strategy = strategy,
            SubresourceStrategies = version.HasStatus
                ? new Dictionary<string, ResourceStrategy> { ["status"] = new CustomStatusStrategy(version, strategy) }
                : new Dictionary<string, ResourceStrategy>(),
            SelectableFields = new FieldSelectorTable(info, version.Source.SelectableFields.Select(static f => f.JsonPath.TrimStart('.'))),
            HasOtherVersions = Source.Spec.Versions.Count > 1,
            Custom = version,
            Definition = this,
        };
    }
}
