using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Admission;

namespace Orchestrator.ApiServer.Strategies.Admission;

internal sealed class ValidatingWebhookConfigurationStrategy : ObjectStrategy<ValidatingWebhookConfiguration>
{
    protected override bool ChecksFinalizers => false;

    protected override bool IsNewGeneration(ValidatingWebhookConfiguration obj, ValidatingWebhookConfiguration old) => !Semantic.Equal(obj.Webhooks, old.Webhooks);

    protected override void Check(ValidatingWebhookConfiguration obj, FieldErrorList errors) => WebhookValidator.Validate(obj.Webhooks, errors);
}
