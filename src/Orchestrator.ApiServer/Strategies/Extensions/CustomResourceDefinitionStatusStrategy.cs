using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.CustomResources.Definitions;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Extensions;

internal sealed class CustomResourceDefinitionStatusStrategy() : StatusStrategy<CustomResourceDefinition>(StatusMetadata.All)
{
    protected override bool ChecksFinalizers => false;

    protected override void Check(CustomResourceDefinition obj, CustomResourceDefinition old, FieldErrorList errors) => DefinitionValidator.ValidateStatus(obj.Status, errors);
}
