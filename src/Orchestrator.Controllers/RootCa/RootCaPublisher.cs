using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.RootCa;

/// <summary>Every namespace has a ConfigMap <c>kube-root-ca.crt</c> with the certificate by which pods know the API server.</summary>
internal sealed class RootCaPublisher : QueueController
{
    private const string MapName = "kube-root-ca.crt";
    private const string Key = "ca.crt";
    private const string DescriptionAnnotation = "kubernetes.io/description";
    private const string Description = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

    private readonly IInformer<Namespace> _namespaces;
    private readonly IInformer<ConfigMap> _maps;
    private readonly string _certificate;

    public RootCaPublisher(ControllerContext context)
        : base("root-ca-certificate-publisher-controller", context, workers: 1)
    {
        _certificate = context.Options.RootCaPem ?? throw new InvalidOperationException("There is no certificate to publish.");
        _namespaces = context.Informers.Get<Namespace>();
        _namespaces.AddHandler(added: n => Queue.Add(n.Key), updated: (_, n) => Queue.Add(n.Key));

        // Only the maps of that name; all others of the cluster are nobody's business here.
        _maps = context.Informers.Get<ConfigMap>(new() { FieldSelector = "metadata.name=" + MapName });
        _maps.AddHandler(updated: (_, m) => Queue.Add(new("", m.Metadata.Namespace)), deleted: m => Queue.Add(new("", m.Metadata.Namespace)));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_namespaces.TryGet(key, out var ns) || ns.Status.Phase == "Terminating" || ns.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        var wanted = new ConfigMap
        {
            Metadata = new() { Namespace = key.Name, Name = MapName, Annotations = ApiMap<string>.Empty.With(DescriptionAnnotation, Description) },
            Data = ApiMap<string>.Empty.With(Key, _certificate),
        };
        if (!_maps.TryGet(wanted.Key, out var map))
        {
            var created = await Client.CreateAsync(wanted, cancellationToken);
            return created.IsOk || created.IsAlreadyExists || created.IsNamespaceTerminating || created.IsNotFound ? ReconcileResult.Done : created.Error;
        }

        if (map.Data.Equals(wanted.Data) && map.Metadata.Annotations.GetValueOrDefault(DescriptionAnnotation) == Description)
        {
            return ReconcileResult.Done;
        }

        var updated = await Client.UpdateAsync(
            map with { Data = wanted.Data, Metadata = map.Metadata with { Annotations = map.Metadata.Annotations.With(DescriptionAnnotation, Description) } }, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }
}
