using Orchestrator.Api.Batch.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Batch;

namespace Orchestrator.ApiServer.Strategies.Batch;

internal sealed class JobStatusStrategy : StatusStrategy<Job>
{
    protected override void Check(Job obj, Job old, FieldErrorList errors) => JobStatusValidator.Validate(obj, old, errors);
}
