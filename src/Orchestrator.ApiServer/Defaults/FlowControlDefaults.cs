using Orchestrator.Api.FlowControl.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Priority levels.</summary>
internal static class FlowControlDefaults
{
    public static void PriorityLevel(PriorityLevelConfiguration level)
    {
        if (level.Spec.Exempt is { } exempt)
        {
            exempt.Default(ExemptPriorityLevelConfiguration.Fields.NominalConcurrencyShares, 0);
            exempt.Default(ExemptPriorityLevelConfiguration.Fields.LendablePercent, 0);
        }

        if (level.Spec.Limited is { } limited)
        {
            limited.Default(LimitedPriorityLevelConfiguration.Fields.NominalConcurrencyShares, 30);
            limited.Default(LimitedPriorityLevelConfiguration.Fields.LendablePercent, 0);
            if (limited.LimitResponse.Queuing is { } queuing)
            {
                queuing.Default(QueuingConfiguration.Fields.Queues, 64);
                queuing.Default(QueuingConfiguration.Fields.HandSize, 8);
                queuing.Default(QueuingConfiguration.Fields.QueueLengthLimit, 50);
            }
        }
    }
}
