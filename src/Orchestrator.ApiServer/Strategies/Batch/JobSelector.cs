using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Strategies.Batch;

/// <summary>Jobs find their pods by their own uid; labels and selector are made here.</summary>
internal static class JobSelector
{
    private const string UidLabel = "batch.kubernetes.io/controller-uid";

    public static void Generate(Job job)
    {
        var spec = job.Own<JobSpec>(Job.Fields.Spec);
        var meta = spec.Own<PodTemplateSpec>(JobSpec.Fields.Template).Own<ObjectMeta>(PodTemplateSpec.Fields.Metadata);
        var labels = meta.OwnMap<string>(ObjectMeta.Fields.Labels);
        var (uid, name) = (job.Metadata.Uid, job.Metadata.Name);
        foreach (var (key, value) in new[] { ("controller-uid", uid), (UidLabel, uid), ("job-name", name), ("batch.kubernetes.io/job-name", name) })
        {
            if (!labels.ContainsKey(key))
            {
                labels.SetSlot(key, value);
            }
        }

        var selector = spec.Own<LabelSelector>(JobSpec.Fields.Selector).OwnMap<string>(LabelSelector.Fields.MatchLabels);
        if (!selector.ContainsKey(UidLabel))
        {
            selector.SetSlot(UidLabel, uid);
        }
    }
}
