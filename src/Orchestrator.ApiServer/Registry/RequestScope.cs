using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Strategies;

namespace Orchestrator.ApiServer.Registry;

/// <summary>One request as the registry sees it, whichever front it came through.</summary>
internal sealed class RequestScope : IRequestOptions
{
    public required ServedResource Resource { get; init; }

    public string Subresource { get; init; } = "";

    /// <summary>update, patch, …; "" for what the server does by itself.</summary>
    public string Verb { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    public required UserInfo User { get; init; }

    public required TimeProvider Time { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Who owns the fields that the request sets.</summary>
    public string FieldManager { get; init; } = "unknown";

    /// <summary>The fieldManager parameter as given; server-side apply demands it.</summary>
    public string GivenFieldManager { get; init; } = "";

    /// <summary>Strict, Warn or Ignore.</summary>
    public string FieldValidation { get; init; } = "Warn";

    /// <summary>The fieldValidation parameter as given.</summary>
    public string GivenFieldValidation { get; init; } = "";

    /// <summary>How a delete is to be done, as admission is told of it; null for other requests.</summary>
    public DeleteRequest? Deletion { get; set; }

    /// <summary>Texts for Warning headers, in order.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Takes what admission leaves for the audit log; null if the request is not recorded.</summary>
    public AuditTrail? Audit { get; init; }

    /// <summary>The same request, really done or not.</summary>
    public RequestScope WithDryRun(bool dryRun) => dryRun == DryRun ? this : Copy(Namespace, Name, dryRun, Collection);

    /// <summary>The same request about one object of a collection.</summary>
    public RequestScope ForObject(string ns, string name, bool dryRun) => Copy(ns, name, dryRun, this);

    /// <summary>The request for a whole collection that this one about an object of it belongs to; null for others.</summary>
    public RequestScope? Collection { get; private init; }

    public string KindName => Resource.Info.Kind;

    private RequestScope Copy(string ns, string name, bool dryRun, RequestScope? collection) => new()
    {
        Collection = collection,
        Resource = Resource,
        Subresource = Subresource,
        Verb = Verb,
        Namespace = ns,
        Name = name,
        User = User,
        Time = Time,
        DryRun = dryRun,
        FieldManager = FieldManager,
        GivenFieldManager = GivenFieldManager,
        FieldValidation = FieldValidation,
        GivenFieldValidation = GivenFieldValidation,
        Audit = Audit,
    };

    /// <summary>A patch has the options of an update, or of the create that it turns into, as upstream.</summary>
    public RawJson? OptionsOf(AdmissionOperation operation) => operation switch
    {
        AdmissionOperation.Create => RawJson.Of(WriteOptions("CreateOptions")),
        AdmissionOperation.Update => RawJson.Of(WriteOptions("UpdateOptions")),
        AdmissionOperation.Delete => RawJson.Of((Deletion ?? new DeleteRequest()).ToOptions(DryRun)),
        _ => null,
    };

    private ApiMap<object?> WriteOptions(string kind)
    {
        var options = new List<KeyValuePair<string, object?>>
        {
            new("kind", kind), new("apiVersion", "meta.k8s.io/v1"),
        };
        if (DryRun)
        {
            options.Add(new("dryRun", ApiList.Create<object?>(["All"])));
        }

        if (GivenFieldManager.Length > 0)
        {
            options.Add(new("fieldManager", GivenFieldManager));
        }

        if (GivenFieldValidation.Length > 0)
        {
            options.Add(new("fieldValidation", GivenFieldValidation));
        }

        return ApiMap<object?>.From(options);
    }

    public StrategyContext StrategyContext() => new() { User = User, Time = Time, DryRun = DryRun };
}
