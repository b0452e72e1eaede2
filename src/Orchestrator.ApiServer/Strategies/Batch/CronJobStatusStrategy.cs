using Orchestrator.Api.Batch.V1;

namespace Orchestrator.ApiServer.Strategies.Batch;

/// <summary>Upstream looks at nothing of a CronJob's status, nor at the metadata that comes with it.</summary>
internal sealed class CronJobStatusStrategy : StatusStrategy<CronJob>
{
    protected override bool ComparesMetadataTwice => false;

    protected override bool ChecksFinalizers => false;
}
