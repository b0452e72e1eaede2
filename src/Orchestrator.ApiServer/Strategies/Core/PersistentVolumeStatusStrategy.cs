using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PersistentVolumeStatusStrategy : StatusStrategy<PersistentVolume>
{
    protected override void Prepare(PersistentVolume obj, PersistentVolume old, StrategyContext context)
    {
        if (obj.Status.Phase != old.Status.Phase && (obj.Status.LastPhaseTransitionTime is null || obj.Status.LastPhaseTransitionTime == old.Status.LastPhaseTransitionTime))
        {
            obj.Own<PersistentVolumeStatus>(PersistentVolume.Fields.Status).Set(PersistentVolumeStatus.Fields.LastPhaseTransitionTime, context.Time.NowSeconds());
        }
        else if (obj.Status.LastPhaseTransitionTime is null && old.Status.LastPhaseTransitionTime is { } was)
        {
            obj.Own<PersistentVolumeStatus>(PersistentVolume.Fields.Status).Set(PersistentVolumeStatus.Fields.LastPhaseTransitionTime, was);
        }
    }
}
