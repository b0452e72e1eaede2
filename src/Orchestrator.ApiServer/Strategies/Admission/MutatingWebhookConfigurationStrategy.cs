using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Admission;

namespace Orchestrator.ApiServer.Strategies.Admission;

internal sealed class MutatingWebhookConfigurationStrategy : ObjectStrategy<MutatingWebhookConfiguration>
{
    protected override bool ChecksFinalizers => false;

    protected override bool IsNewGeneration(MutatingWebhookConfiguration obj, MutatingWebhookConfiguration old) => !Semantic.Equal(obj.Webhooks, old.Webhooks);

    protected override void Check(MutatingWebhookConfiguration obj, FieldErrorList errors) => WebhookValidator.Validate(obj.Webhooks, errors);
}
