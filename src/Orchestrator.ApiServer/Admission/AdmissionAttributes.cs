using Orchestrator.Api;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission;

/// <summary>A request to change something, as admission plugins see it. Used by one request, one plugin after the other.</summary>
public sealed class AdmissionAttributes
{
    public required AdmissionOperation Operation { get; init; }

    /// <summary>The operation as rules, reviews and messages write it: <c>CREATE</c>.</summary>
    public string OperationName => Operation switch
    {
        AdmissionOperation.Create => "CREATE",
        AdmissionOperation.Update => "UPDATE",
        AdmissionOperation.Delete => "DELETE",
        _ => "CONNECT",
    };

    /// <summary>The request's verb, for who asks whether its user may do more: <c>update</c> or <c>patch</c>. "" for what the server does by itself.</summary>
    internal string Verb { get; init; } = "";

    public required ResourceInfo Resource { get; init; }

    public string Subresource { get; init; } = "";

    /// <summary>"" for cluster-scoped resources; a Namespace object's own name for namespaces.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The name of the request; may be "" on create, when the server makes one.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>What is to be stored, or the body of a subresource; null on delete. Belongs to the request: mutating plugins change it in place (see Machinery/Editing).</summary>
    public ApiStruct? Object { get; set; }

    /// <summary>What is stored now (update and delete). Shared: never changed.</summary>
    public ApiStruct? OldObject { get; init; }

    /// <summary>CreateOptions, UpdateOptions or DeleteOptions; null if the operation has none.</summary>
    public RawJson? Options => field ??= RequestOptions?.OptionsOf(Operation);

    public required UserInfo User { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Texts for Warning headers, in order.</summary>
    public List<string> Warnings { get; init; } = [];

    /// <summary>What plugins leave for the audit log.</summary>
    public Dictionary<string, string> AuditAnnotations { get; } = [];

    /// <summary>Where <see cref="Options"/> come from when somebody asks for them.</summary>
    internal IRequestOptions? RequestOptions { get; init; }

    /// <summary>The request's audit trail; null if it is not recorded.</summary>
    internal AuditTrail? Audit { get; init; }

    /// <summary>Set by a plugin that let others change the object: all mutating plugins are asked once more, as upstream does.</summary>
    internal bool NeedsReinvocation { get; set; }

    /// <summary>Whether this is the second round.</summary>
    internal bool IsReinvocation { get; set; }

    /// <summary>What webhooks remember between the rounds.</summary>
    internal ReinvocationMemory? WebhookMemory { get; set; }

    /// <summary>What mutating policies remember between the rounds.</summary>
    internal ReinvocationMemory? PolicyMemory { get; set; }

    /// <summary>Leaves a note for the audit log: the first of a key counts, and what is no key is passed over, as upstream has it. May be called by several threads.</summary>
    internal void Annotate(string key, string value)
    {
        if (key.Count(static c => c == '/') != 1 || Api.Names.NameRules.QualifiedNameFault(key) is not null)
        {
            return;
        }

        lock (AuditAnnotations)
        {
            AuditAnnotations.TryAdd(key, value);
        }
    }

    internal bool Is(string group, string resource) => Resource.Resource == resource && Resource.Group == group;

    /// <summary>The 403 of a plugin, in upstream's form.</summary>
    public ApiException Forbidden(string why) => Errors.Forbidden(Resource.Group, Resource.Resource, DisplayName, why);

    /// <summary>The name that messages use: the request's, the object's, or the beginning of one that is yet to be made.</summary>
    private string DisplayName
    {
        get
        {
            if (Name.Length > 0)
            {
                return Name;
            }

            return Object is not ApiObject obj ? "Unknown"
                : obj.Metadata.Name.Length > 0 ? obj.Metadata.Name
                : obj.Metadata.GenerateName.Length > 0 ? obj.Metadata.GenerateName
                : "Unknown";
        }
    }
}
