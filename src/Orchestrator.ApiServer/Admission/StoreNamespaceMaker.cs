using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Admission;

/// <summary>Makes namespaces in the store, past no step of the pipeline.</summary>
internal sealed class StoreNamespaceMaker(ResourceRegistry registry, TimeProvider time) : INamespaceMaker
{
    /// <summary>The pipeline, of which admission is a part; set before the first request.</summary>
    public ObjectStore? Objects { get; set; }

    public async ValueTask MakeAsync(string name, CancellationToken cancellationToken)
    {
        var made = new Namespace { Metadata = new ObjectMeta { Name = name } };
        Defaulting.Apply(made);
        var scope = new RequestScope
        {
            Resource = registry.FindKind("v1", "Namespace")!, Name = name, User = UserInfo.ApiServer, Time = time, FieldManager = "kube-apiserver",
        };
        try
        {
            await Objects!.CreateAsync(scope, made, cancellationToken);
        }
        catch (ApiException taken) when (taken.Status.Reason == "AlreadyExists")
        {
            // Somebody else was faster.
        }
    }
}
