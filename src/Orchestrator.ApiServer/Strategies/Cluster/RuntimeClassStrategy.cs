using Orchestrator.Api;
using Orchestrator.Api.Node.V1;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Cluster;

internal sealed class RuntimeClassStrategy : ObjectStrategy<RuntimeClass>
{
    protected override bool ChecksFinalizers => false;

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (((RuntimeClass)obj).Scheduling is not { } scheduling)
        {
            return;
        }

        foreach (var (key, _) in scheduling.NodeSelector)
        {
            if (NodeLabelWarnings.TextOf(key) is { } text)
            {
                context.Warnings.Add("scheduling.nodeSelector: " + text);
            }
        }
    }

    protected override void Check(RuntimeClass obj, FieldErrorList errors)
    {
        if (obj.Handler.Length == 0)
        {
            errors.Required(FieldPath.Root("handler"));
        }
        else
        {
            errors.InvalidEach(null, "handler", obj.Handler, Formats.DnsLabel(obj.Handler));
        }

        if (obj.Overhead is { } overhead)
        {
            ResourceValidator.Requirements(new() { Limits = overhead.PodFixed }, FieldPath.Root("overhead"), errors, null);
        }

        if (obj.Scheduling is { } scheduling)
        {
            var path = FieldPath.Root("scheduling");
            MetadataValidator.Labels(scheduling.NodeSelector, path, "nodeSelector", errors);
            AffinityValidator.Tolerations(scheduling.Tolerations, path, errors);
            for (var i = 1; i < scheduling.Tolerations.Count; i++)
            {
                var toleration = scheduling.Tolerations[i];
                if (scheduling.Tolerations.Take(i).Any(t => (t.Key, t.Operator, t.Value, t.Effect) == (toleration.Key, toleration.Operator, toleration.Value, toleration.Effect)))
                {
                    errors.Duplicate(path.Child("tolerations").Index(i), new InternalValue(toleration));
                }
            }
        }
    }

    protected override void CheckUpdate(RuntimeClass obj, RuntimeClass old, FieldErrorList errors)
    {
        Check(obj, errors);
        errors.Immutable(null, "handler", obj.Handler, old.Handler);
    }
}
