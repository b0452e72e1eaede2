using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Nodes;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Admission.Quota;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Tests.Support;

/// <summary>The default plugins over a shelf of objects, with a namespace <c>d</c> and its account.</summary>
internal sealed class AdmissionTrial : IQuotaWriter, INamespaceMaker
{
    private readonly AdmissionChain _chain;

    public AdmissionTrial(AdmissionChoice? choice = null, TimeProvider? time = null)
    {
        Authorizers = new([new NodeAuthorizer(Nodes, Objects, Rbac), new RbacAuthorizer(Rbac)]);
        var services = new AdmissionServices
        {
            Objects = Objects,
            Quotas = this,
            Rbac = Rbac,
            Authorizers = Authorizers,
            Namespaces = this,
            Registry = new ResourceRegistry(),
            Time = time ?? TimeProvider.System,
            Random = new Random(1),
        };
        _chain = DefaultAdmission.Create(services, choice ?? new AdmissionChoice());
        Objects.Put(new Namespace { Metadata = new ObjectMeta { Name = "d" }, Status = new NamespaceStatus { Phase = "Active" } });
        Objects.Put(new ServiceAccount { Metadata = new ObjectMeta { Namespace = "d", Name = "default", Uid = "u" } });
    }

    public ObjectShelf Objects { get; } = new();

    public RbacIndex Rbac { get; } = new();

    public NodeGraph Nodes { get; } = new();

    public AuthorizerChain Authorizers { get; }

    public UserInfo User { get; set; } = new() { Name = "admin", Groups = ["system:masters"] };

    public List<string> Warnings { get; } = [];

    public static UserInfo NodeUser(string name) => new() { Name = "system:node:" + name, Groups = ["system:nodes", "system:authenticated"] };

    public Task<T> CreateAsync<T>(T obj, string subresource = "")
        where T : ApiObject, IResourceObject<T> => RunAsync(AdmissionOperation.Create, obj, null, subresource);

    public Task<T> UpdateAsync<T>(T obj, T old, string subresource = "")
        where T : ApiObject, IResourceObject<T> => RunAsync(AdmissionOperation.Update, obj, old, subresource);

    /// <summary>The refusal's message.</summary>
    public async Task<string> RefusedAsync<T>(T obj, T? old = null, string subresource = "")
        where T : ApiObject, IResourceObject<T> =>
        (await Assert.ThrowsAsync<ApiException>(() => RunAsync(old is null ? AdmissionOperation.Create : AdmissionOperation.Update, obj, old, subresource))).Message;

    public ValueTask<bool> TryUpdateStatusAsync(ResourceQuota quota, CancellationToken cancellationToken)
    {
        Objects.Put(quota);
        return new(true);
    }

    public ValueTask MakeAsync(string name, CancellationToken cancellationToken)
    {
        Objects.Put(new Namespace { Metadata = new ObjectMeta { Name = name }, Status = new NamespaceStatus { Phase = "Active" } });
        return default;
    }

    private async Task<T> RunAsync<T>(AdmissionOperation operation, T obj, T? old, string subresource)
        where T : ApiObject, IResourceObject<T>
    {
        var own = obj.DeepCopy();
        var attributes = new AdmissionAttributes
        {
            Operation = operation,
            Verb = operation == AdmissionOperation.Create ? "create" : "update",
            Resource = T.Resource,
            Subresource = subresource,
            Namespace = obj.Metadata.Namespace.Length > 0 || T.Resource.Namespaced ? obj.Metadata.Namespace : "",
            Name = obj.Metadata.Name,
            Object = own,
            OldObject = old,
            User = User,
            Warnings = Warnings,
        };
        await _chain.MutateAsync(attributes, CancellationToken.None);
        await _chain.ValidateAsync(attributes, CancellationToken.None);
        return own;
    }
}
