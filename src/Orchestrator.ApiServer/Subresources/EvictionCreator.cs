using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using LabelSelector = Orchestrator.Api.Selectors.LabelSelector;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>POST pods/NAME/eviction: deletes a pod if the disruption budgets that cover it allow it, counting the disruption in them.</summary>
internal sealed class EvictionCreator(ObjectStore objects, ServedResource pods, ServedResource budgets, IObjectLister lister) : IObjectCreator
{
    private const string AlwaysAllow = "AlwaysAllow";

    public async ValueTask<ApiStruct> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken)
    {
        var eviction = (Eviction)obj;
        if (eviction.Metadata.Name.Length > 0 && eviction.Metadata.Name != scope.Name)
        {
            throw Errors.BadRequest("name in URL does not match name in Eviction object");
        }

        var pod = (Pod)objects.Codec.Read(objects.Get(pods, scope.Namespace, scope.Name));
        if (!CanIgnoreBudgets(pod))
        {
            var covering = lister.List<PodDisruptionBudget>(scope.Namespace)
                .Where(b => LabelSelector.From(b.Spec.Selector).Matches(pod.Metadata.Labels))
                .ToArray();
            if (covering.Length > 1)
            {
                throw Errors.Internal("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
            }

            if (covering.Length == 1 && !(IsUnready(pod) && covering[0].Spec.UnhealthyPodEvictionPolicy == AlwaysAllow))
            {
                await CountAsync(scope, covering[0], pod, cancellationToken);
            }
        }

        var options = eviction.DeleteOptions;
        var delete = new RequestScope
        {
            Resource = pods,
            Namespace = scope.Namespace,
            Name = scope.Name,
            User = scope.User,
            Time = scope.Time,
            DryRun = scope.DryRun || options?.DryRun.Count > 0,
            FieldManager = scope.FieldManager,
        };
        await objects.DeleteAsync(
            delete,
            new DeleteRequest
            {
                GracePeriodSeconds = options?.GracePeriodSeconds,
                PropagationPolicy = options?.PropagationPolicy,
                PreconditionUid = options?.Preconditions?.Uid,
                PreconditionResourceVersion = options?.Preconditions?.ResourceVersion,
            },
            cancellationToken);
        return new Status { Kind = "Status", ApiVersion = "v1", StatusValue = "Success", Code = 201 };
    }

    /// <summary>Pods that have ended, or that never started, disturb nobody by leaving; nor do those on their way out.</summary>
    private static bool CanIgnoreBudgets(Pod pod) =>
        pod.Status.Phase is "Succeeded" or "Failed" or "Pending" || pod.Metadata.DeletionTimestamp is not null;

    private static bool IsUnready(Pod pod) => !pod.Status.Conditions.Any(static c => c.Type == "Ready" && c.Status == "True");

    private async ValueTask CountAsync(RequestScope scope, PodDisruptionBudget covering, Pod pod, CancellationToken cancellationToken)
    {
        var update = new RequestScope
        {
            Resource = budgets,
            Subresource = "status",
            Namespace = scope.Namespace,
            Name = covering.Metadata.Name,
            User = scope.User,
            Time = scope.Time,
            DryRun = scope.DryRun,
            FieldManager = scope.FieldManager,
        };
        var now = scope.Time.NowSeconds();
        await objects.AssignAsync(
            update,
            current =>
            {
                var budget = (PodDisruptionBudget)current;
                if (budget.Status.ObservedGeneration < budget.Metadata.Generation)
                {
                    throw Refused("Cannot evict pod as it would violate the pod's disruption budget.", $"The disruption budget {budget.Metadata.Name} is still being processed by the server.", 10);
                }

                if (budget.Status.DisruptionsAllowed < 0)
                {
                    throw Errors.Forbidden("policy", "poddisruptionbudget", budget.Metadata.Name, "pdb disruptions allowed is negative");
                }

                // Pods that are not ready do not count as long as enough healthy ones are there (policy IfHealthyBudget).
                if (IsUnready(pod) && budget.Status.CurrentHealthy >= budget.Status.DesiredHealthy && budget.Status.DesiredHealthy > 0)
                {
                    return budget;
                }

                if (budget.Status.DisruptionsAllowed == 0)
                {
                    throw Refused(
                        "Cannot evict pod as it would violate the pod's disruption budget.",
                        $"The disruption budget {budget.Metadata.Name} needs {budget.Status.DesiredHealthy} healthy pods and has {budget.Status.CurrentHealthy} currently",
                        0);
                }

                var status = budget.Status with
                {
                    DisruptionsAllowed = budget.Status.DisruptionsAllowed - 1,
                    DisruptedPods = budget.Status.DisruptedPods.With(pod.Metadata.Name, now),
                };
                return (budget with { Status = status }).DeepCopy();
            },
            cancellationToken);
    }

    private static ApiException Refused(string message, string cause, int retryAfterSeconds) => Errors.Make(
        429,
        "TooManyRequests",
        message,
        new StatusDetails { RetryAfterSeconds = retryAfterSeconds, Causes = [new StatusCause { Reason = "DisruptionBudget", Message = cause }] });
}
