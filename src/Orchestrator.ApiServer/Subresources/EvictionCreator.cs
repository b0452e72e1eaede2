using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>POST pods/NAME/eviction: deletes a pod if the disruption budgets that cover it allow it, counting the disruption in them.</summary>
internal sealed class EvictionCreator(ObjectStore objects, ServedResource pods, ServedResource budgets, IObjectLister lister) : IObjectCreator
{
    private const string AlwaysAllow = "AlwaysAllow";
    private const string DisruptionTarget = "DisruptionTarget";
    private const int DisruptedPodsMax = 2000;

    public async ValueTask<ApiStruct> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken)
    {
        var eviction = (Eviction)obj;
        if (eviction.Metadata.Name.Length > 0 && eviction.Metadata.Name != scope.Name)
        {
            throw Errors.BadRequest("name in URL does not match name in Eviction object");
        }

        var options = eviction.DeleteOptions ?? new DeleteOptions();
        if (options.DryRun.Count > 0 && scope.DryRun != options.DryRun.Contains("All") && scope.DryRun)
        {
            throw Errors.BadRequest($"Non-matching dry-run options in request and content: [All] and [{string.Join(' ', options.DryRun)}]");
        }

        var pod = (Pod)objects.Codec.Read(objects.Get(pods, scope.Namespace, scope.Name));
        var request = new DeleteRequest
        {
            GracePeriodSeconds = options.GracePeriodSeconds,
            PropagationPolicy = options.PropagationPolicy,
            PreconditionUid = options.Preconditions?.Uid,
            PreconditionResourceVersion = options.Preconditions?.ResourceVersion,
        };
        var deletion = PodScope(scope, scope.DryRun || options.DryRun.Count > 0);
        if (!CanIgnoreBudgets(pod))
        {
            var covering = lister.List<PodDisruptionBudget>(scope.Namespace)
                .Where(b => LabelMatcher.From(b.Spec.Selector).Matches(pod.Metadata.Labels))
                .ToArray();
            if (covering.Length > 1)
            {
                throw Errors.Make(500, "", "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.", null);
            }

            if (covering.Length == 1)
            {
                if (MayGoUncounted(pod, covering[0]))
                {
                    // As long as it stays as unhealthy as it was when this was decided.
                    request = request with { PreconditionResourceVersion = request.PreconditionResourceVersion ?? pod.Metadata.ResourceVersion };
                }
                else
                {
                    await CountAsync(scope, covering[0], pod, deletion.DryRun, cancellationToken);
                }
            }
        }

        if (!deletion.DryRun)
        {
            var marked = await objects.AssignAsync(deletion, old => Condemn((Pod)old, request, scope.Time.NowSeconds()), cancellationToken);
            if (request.PreconditionResourceVersion is { Length: > 0 })
            {
                request = request with { PreconditionResourceVersion = marked.ModRevision.ToString() };
            }
        }

        await objects.DeleteAsync(deletion, request, cancellationToken, admitted: true);
        return new Status { Kind = "Status", ApiVersion = "v1", StatusValue = "Success", Code = 201 };
    }

    private RequestScope PodScope(RequestScope scope, bool dryRun) => new()
    {
        Resource = pods,
        Namespace = scope.Namespace,
        Name = scope.Name,
        User = scope.User,
        Time = scope.Time,
        DryRun = dryRun,
        FieldManager = scope.FieldManager,
    };

    /// <summary>Pods that have ended, or that never started, disturb nobody by leaving; nor do those on their way out.</summary>
    private static bool CanIgnoreBudgets(Pod pod) =>
        pod.Status.Phase is "Succeeded" or "Failed" or "Pending" || pod.Metadata.DeletionTimestamp is not null;

    /// <summary>A pod that is not ready does not count as healthy, so its leaving need not be counted where the budget's policy has it so.</summary>
    private static bool MayGoUncounted(Pod pod, PodDisruptionBudget budget) =>
        !pod.Status.Conditions.Any(static c => c.Type == "Ready" && c.Status == "True")
        && (budget.Spec.UnhealthyPodEvictionPolicy == AlwaysAllow
            || (budget.Status.CurrentHealthy >= budget.Status.DesiredHealthy && budget.Status.DesiredHealthy > 0));

    /// <summary>Tells in the pod's status why it goes.</summary>
    private static Pod Condemn(Pod old, DeleteRequest request, DateTimeOffset now)
    {
        var metadata = old.Metadata;
        if (request.PreconditionUid is { Length: > 0 } uid && uid != metadata.Uid)
        {
            throw Errors.Conflict(
                "", "Pod", metadata.Name, $"the UID in the precondition ({uid}) does not match the UID in record ({metadata.Uid}). The object might have been deleted and then recreated");
        }

        if (request.PreconditionResourceVersion is { Length: > 0 } version && version != metadata.ResourceVersion)
        {
            throw Errors.Conflict(
                "", "Pod", metadata.Name,
                $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({metadata.ResourceVersion}). The object might have been modified");
        }

        var present = old.Status.Conditions.FirstOrDefault(static c => c.Type == DisruptionTarget);
        var condition = new PodCondition
        {
            Type = DisruptionTarget,
            Status = "True",
            Reason = "EvictionByEvictionAPI",
            Message = "Eviction API: evicting",
            LastTransitionTime = present is { Status: "True" } ? present.LastTransitionTime : now,
        };
        var pod = old.DeepCopy();
        var conditions = old.Status.Conditions.Select(c => c.Type == DisruptionTarget ? condition : c);
        pod.Own<PodStatus>(Pod.Fields.Status).Set(PodStatus.Fields.Conditions, (present is null ? conditions.Append(condition) : conditions).ToApiList());
        return pod;
    }

    /// <summary>Counts the disruption in the budget, as a client of the server's own would.</summary>
    private async ValueTask CountAsync(RequestScope scope, PodDisruptionBudget covering, Pod pod, bool dryRun, CancellationToken cancellationToken)
    {
        var update = new RequestScope
        {
            Resource = budgets,
            Subresource = "status",
            Namespace = scope.Namespace,
            Name = covering.Metadata.Name,
            User = UserInfo.ApiServer,
            Time = scope.Time,
            DryRun = dryRun,
            FieldManager = "kube-apiserver",
        };
        await objects.UpdateAsync(
            update,
            (current, _) => new(Counted((PodDisruptionBudget)current, pod.Metadata.Name, scope.Time.NowSeconds())),
            create: null,
            WriteKind.Update,
            cancellationToken);
    }

    private static PodDisruptionBudget Counted(PodDisruptionBudget budget, string podName, DateTimeOffset now)
    {
        const string TooManyNow = "Cannot evict pod as it would violate the pod's disruption budget.";
        var (name, status) = (budget.Metadata.Name, budget.Status);
        if (status.ObservedGeneration < budget.Metadata.Generation)
        {
            throw Refused(TooManyNow, $"The disruption budget {name} is still being processed by the server.", 10);
        }

        if (status.DisruptionsAllowed < 0)
        {
            throw Errors.Forbidden("policy", "poddisruptionbudget", name, "pdb disruptions allowed is negative");
        }

        if (status.DisruptedPods.Count > DisruptedPodsMax)
        {
            throw Errors.Forbidden("policy", "poddisruptionbudget", name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
        }

        if (status.DisruptionsAllowed == 0)
        {
            throw Refused(TooManyNow, $"The disruption budget {name} needs {status.DesiredHealthy} healthy pods and has {status.CurrentHealthy} currently", 0);
        }

        status = status with { DisruptionsAllowed = status.DisruptionsAllowed - 1, DisruptedPods = status.DisruptedPods.With(podName, now) };
        if (status.DisruptionsAllowed == 0)
        {
            status = status with { Conditions = WithoutRoom(status, now) };
        }

        return (budget with { Status = status }).DeepCopy();
    }

    private static ApiList<Condition> WithoutRoom(PodDisruptionBudgetStatus status, DateTimeOffset now)
    {
        const string DisruptionAllowed = "DisruptionAllowed";
        var present = status.Conditions.FirstOrDefault(static c => c.Type == DisruptionAllowed);
        var condition = new Condition
        {
            Type = DisruptionAllowed,
            Status = "False",
            Reason = "InsufficientPods",
            ObservedGeneration = status.ObservedGeneration,
            LastTransitionTime = present is { Status: "False" } ? present.LastTransitionTime : now,
        };
        return present is null
            ? status.Conditions.Append(condition).ToApiList()
            : status.Conditions.Select(c => c.Type == DisruptionAllowed ? condition : c).ToApiList();
    }

    private static ApiException Refused(string message, string cause, int retryAfterSeconds) => Errors.Make(
        429,
        "TooManyRequests",
        message,
        new StatusDetails { RetryAfterSeconds = retryAfterSeconds, Causes = [new StatusCause { Reason = "DisruptionBudget", Message = cause }] });
}
