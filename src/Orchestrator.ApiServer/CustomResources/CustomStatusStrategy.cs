using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources;

/// <summary>The status subresource of a custom resource: everything but status and managedFields stays as it was.</summary>
internal sealed class CustomStatusStrategy(CustomVersion version, CustomResourceStrategy main) : ResourceStrategy
{
    public override bool AllowUnconditionalUpdate => false;

    public override void PrepareForUpdate(ApiObject obj, ApiObject old, StrategyContext context)
    {
        var next = (CustomObject)obj;
        CustomResourceStrategy.SetContent(next, CustomResourceStrategy.WithStatusOf(((CustomObject)old).Content, next));
        var metadata = old.Metadata.DeepCopy();
        metadata.Slots[ObjectMeta.Fields.ManagedFields] = obj.Metadata.Slots[ObjectMeta.Fields.ManagedFields];
        next.Slots[ApiObject.MetadataSlot] = metadata;
    }

    public override void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors)
    {
        if (!main.IsOfKind(obj, errors))
        {
            return;
        }

        var (tree, before) = (main.Tree((CustomObject)obj), main.Tree((CustomObject)old));
        MetadataValidator.ValidateUpdate(obj.Metadata, old.Metadata, namespaced: obj.Metadata.Namespace.Length > 0, Formats.DnsSubdomain, MetadataRounds.OfStatus, checksFinalizers: false, errors);
        if (version.Schema.Property("status") is { } schema && tree.TryGetSlot("status", out var status))
        {
            SchemaValidator.Validate(schema, status, OldValue.Field(new OldValue(before), "status"), FieldPath.Status, errors);
        }

        main.Scale((CustomObject)obj, spec: false, errors);
        EmbeddedResources.Validate(tree, version.Schema, null, isRoot: true, errors);
        main.Lists(tree, before, errors);
        main.Rules(tree, before, errors);
    }

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context) => main.Warnings(obj, old, context);
}
