using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Namespaces;

/// <summary>Empties namespaces that are being deleted, then lets them go.</summary>
internal sealed class NamespaceController : QueueController
{
    private const string Finalizer = "kubernetes";

    private readonly IInformer<Namespace> _namespaces;

    public NamespaceController(ControllerContext context)
        : base("namespace-controller", context, workers: 5) => _namespaces = Watch<Namespace>();

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_namespaces.TryGet(key, out var cached) || !cached.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        var answer = await Client.GetAsync<Namespace>(key, cancellationToken);
        if (answer.IsNotFound)
        {
            return ReconcileResult.Done;
        }

        if (!answer.IsOk)
        {
            return answer.Error;
        }

        var ns = answer.Value;
        if (!ns.IsBeingDeleted || !ns.Spec.Finalizers.Contains(Finalizer))
        {
            return ReconcileResult.Done;
        }

        if (ns.Status.Phase != "Terminating")
        {
            var marked = await Client.UpdateStatusAsync(ns with { Status = ns.Status with { Phase = "Terminating" } }, cancellationToken);
            if (!marked.IsOk)
            {
                return marked.Error;
            }

            ns = marked.Value;
        }

        var report = await new NamespaceContent(Client, ns).DeleteAsync(cancellationToken);
        if (!report.IsEmpty)
        {
            var conditions = report.Conditions(ns.Status.Conditions, Time.NowSeconds());
            if (!conditions.Equals(ns.Status.Conditions))
            {
                var written = await Client.UpdateStatusAsync(ns with { Status = ns.Status with { Conditions = conditions } }, cancellationToken);
                if (!written.IsOk)
                {
                    return written.Error;
                }
            }

            // Pods get their grace period; the rest is tried again soon, later each time.
            return report.Failed ? ReconcileResult.Retry : ReconcileResult.RevisitAfter(report.Estimate);
        }

        var finalized = await Client.UpdateAsync(
            ResourcePath.Of<Namespace>(ns.Key, "finalize"),
            ns with { Spec = ns.Spec with { Finalizers = [.. ns.Spec.Finalizers.Where(static f => f != Finalizer)] } },
            null,
            cancellationToken);
        return finalized.IsOk || finalized.IsNotFound ? ReconcileResult.Done : finalized.Error;
    }
}
