using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources;

/// <summary>Custom resources: status apart if it has its subresource, everything by the schema of the version that the request speaks.</summary>
internal sealed class CustomResourceStrategy(CustomVersion version, string kind, bool namespaced) : ResourceStrategy
{
    public override bool AllowUnconditionalUpdate => false;

    public override void PrepareForCreate(ApiObject obj, StrategyContext context)
    {
        if (version.HasStatus)
        {
            SetContent((CustomObject)obj, ((CustomObject)obj).Content.Without("status"));
        }

        obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Generation, 1L);
    }

    public override void PrepareForUpdate(ApiObject obj, ApiObject old, StrategyContext context)
    {
        var (next, before) = ((CustomObject)obj, (CustomObject)old);
        if (version.HasStatus)
        {
            SetContent(next, WithStatusOf(next.Content, before));
        }

        var generation = old.Metadata.Generation;
        obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Generation, Semantic.Equal(next.Content, before.Content) ? generation : generation + 1);
    }

    public override void Validate(ApiObject obj, FieldErrorList errors)
    {
        if (!IsOfKind(obj, errors))
        {
            return;
        }

        var tree = Tree((CustomObject)obj);
        MetadataValidator.Validate(obj.Metadata, namespaced, Formats.DnsSubdomain, errors);
        SchemaValidator.Validate(version.Schema, tree, null, null, errors);
        Scale((CustomObject)obj, spec: true, errors);
        Scale((CustomObject)obj, spec: false, errors);
        EmbeddedResources.Validate(tree, version.Schema, null, isRoot: true, errors);
        ListRules.Validate(version.Schema, tree, null, errors);
        Rules(tree, null, errors);
    }

    public override void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors)
    {
        if (!IsOfKind(obj, errors))
        {
            return;
        }

        var (tree, before) = (Tree((CustomObject)obj), Tree((CustomObject)old));
        MetadataValidator.ValidateUpdate(obj.Metadata, old.Metadata, namespaced, Formats.DnsSubdomain, MetadataRounds.OfStatus, checksFinalizers: false, errors);

        SchemaValidator.Validate(version.Schema, tree, new OldValue(before), null, errors);
        Scale((CustomObject)obj, spec: true, errors);
        Scale((CustomObject)obj, spec: false, errors);
        EmbeddedResources.Validate(tree, version.Schema, null, isRoot: true, errors);
        Lists(tree, before, errors);
        Rules(tree, before, errors);
    }

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        foreach (var finalizer in obj.Metadata.Finalizers)
        {
            if (!MetadataValidator.IsStandardFinalizer(finalizer) && old?.Metadata.Finalizers.Contains(finalizer) != true)
            {
                context.Warnings.Add($"metadata.finalizers: {GoText.Quote(finalizer)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers");
            }
        }
    }

    /// <summary>Sets and map lists; what was wrong before may stay wrong.</summary>
    internal void Lists(object tree, object before, FieldErrorList errors)
    {
        var earlier = new FieldErrorList();
        ListRules.Validate(version.Schema, before, null, earlier);
        if (earlier.Count == 0)
        {
            ListRules.Validate(version.Schema, tree, null, errors);
        }
    }

    /// <summary>The validation rules, once the object is fine otherwise. Rules that fail for what did not change are told, not enforced.</summary>
    internal void Rules(object tree, object? before, FieldErrorList errors)
    {
        if (version.Rules is not { } rules)
        {
            return;
        }

        if (errors.Any(static e => e.Type is FieldErrorType.NotSupported or FieldErrorType.Required or FieldErrorType.TooLong or FieldErrorType.TooMany or FieldErrorType.TypeInvalid))
        {
            errors.Add(new FieldError(
                FieldErrorType.Invalid, "<nil>", null, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"));
            return;
        }

        rules.Validate(tree, before is null ? null : new OldValue(before), null, errors, errors.Warnings);
    }

    /// <summary>The replicas and the selector that the scale subresource would show.</summary>
    internal void Scale(CustomObject obj, bool spec, FieldErrorList errors)
    {
        if (version.Scale is not { } scale)
        {
            return;
        }

        Replicas(obj, spec ? scale.SpecReplicasPath : scale.StatusReplicasPath, errors);
        if (!spec && scale.LabelSelectorPath is { Length: > 0 } selector)
        {
            var fault = CustomPaths.Obstacle(obj, selector) ?? (CustomPaths.Find(obj, selector) is { } value and not string ? CustomPaths.WrongType(selector, value, "string") : null);
            if (fault is not null)
            {
                errors.Invalid(FieldPath.Root(selector), "", fault);
            }
        }
    }

    internal bool IsOfKind(ApiObject obj, FieldErrorList errors)
    {
        if (obj.Kind != kind)
        {
            errors.Invalid(FieldPath.Root("kind"), obj.Kind, "must be " + kind);
        }

        if (obj.ApiVersion != version.ApiVersion)
        {
            errors.Invalid(FieldPath.Root("apiVersion"), obj.ApiVersion, "must be " + version.ApiVersion);
        }

        return errors.Count == 0;
    }

    /// <summary>The whole object as a JSON tree; metadata only where the schema has something to say of it.</summary>
    internal ApiMap<object?> Tree(CustomObject obj)
    {
        var tree = obj.Content.Copy();
        tree.SetSlot("apiVersion", obj.ApiVersion);
        tree.SetSlot("kind", obj.Kind);
        tree.SetSlot("metadata", version.Schema.Property("metadata") is null && version.Rules is null ? new ApiMap<object?>() : ApiJson.ReadValue(ApiJson.WriteToArray(obj.Metadata)));
        return tree;
    }

    internal static ApiMap<object?> WithStatusOf(ApiMap<object?> content, CustomObject source) =>
        source.Content.TryGetSlot("status", out var status) ? content.With("status", status) : content.Without("status");

    internal static void SetContent(CustomObject obj, ApiMap<object?> content) => obj.Slots[3] = content;

    private static void Replicas(CustomObject obj, string path, FieldErrorList errors)
    {
        var at = FieldPath.Root(path);
        if (CustomPaths.Obstacle(obj, path) is { } fault)
        {
            errors.Invalid(at, 0L, fault);
            return;
        }

        switch (CustomPaths.Find(obj, path))
        {
            case null:
                break;
            case long replicas when replicas < 0:
                errors.Invalid(at, replicas, "should be a non-negative integer");
                break;
            case long replicas when replicas > int.MaxValue:
                errors.Invalid(at, replicas, "should be less than or equal to " + int.MaxValue.ToString(CultureInfo.InvariantCulture));
                break;
            case long:
                break;
            case var other:
                errors.Invalid(at, 0L, CustomPaths.WrongType(path, other, "int64"));
                break;
        }
    }
}
