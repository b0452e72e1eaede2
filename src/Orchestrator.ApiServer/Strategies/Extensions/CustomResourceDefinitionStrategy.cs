using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.CustomResources.Definitions;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Extensions;

/// <summary>Custom resource definitions: every version that objects were ever stored in is remembered in the status; deletion waits for the objects.</summary>
internal sealed class CustomResourceDefinitionStrategy : ObjectStrategy<CustomResourceDefinition>
{
    private readonly DefinitionValidator _validator = new(new RuleValidator());

    protected override bool ChecksFinalizers => false;

    public override ApiObject? MarkForDeletion(ApiObject obj, TimeProvider time) =>
        obj.Metadata.DeletionTimestamp is null ? DefinitionDeletion.Mark((CustomResourceDefinition)obj, time) : null;

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        // What was there before was told then.
        var told = old is CustomResourceDefinition before ? DefinitionValidator.UnknownFormats(before.Spec).ToHashSet() : [];
        foreach (var format in DefinitionValidator.UnknownFormats(((CustomResourceDefinition)obj).Spec).Where(f => !told.Contains(f)))
        {
            context.Warnings.Add("unrecognized format " + GoText.Quote(format));
        }
    }

    protected override void Prepare(CustomResourceDefinition obj, StrategyContext context) => RememberStorageVersion(obj);

    protected override void PrepareUpdate(CustomResourceDefinition obj, CustomResourceDefinition old, StrategyContext context)
    {
        obj.Set(CustomResourceDefinition.Fields.Status, old.Status with { });
        RememberStorageVersion(obj);
    }

    protected override void Check(CustomResourceDefinition obj, FieldErrorList errors)
    {
        if (obj.Metadata.Name != obj.Spec.Names.Plural + "." + obj.Spec.Group)
        {
            errors.Invalid(FieldPath.Metadata, "name", obj.Metadata.Name, "must be spec.names.plural+\".\"+spec.group");
        }

        _validator.Validate(obj, null, errors);
    }

    protected override void CheckUpdate(CustomResourceDefinition obj, CustomResourceDefinition old, FieldErrorList errors) => _validator.Validate(obj, old, errors);

    private static void RememberStorageVersion(CustomResourceDefinition definition)
    {
        if (definition.Spec.Versions.FirstOrDefault(static v => v.Storage) is { } version && !definition.Status.StoredVersions.Contains(version.Name))
        {
            definition.Own<CustomResourceDefinitionStatus>(CustomResourceDefinition.Fields.Status)
                .Set(CustomResourceDefinitionStatus.Fields.StoredVersions, definition.Status.StoredVersions.Append(version.Name).ToApiList());
        }
    }
}
