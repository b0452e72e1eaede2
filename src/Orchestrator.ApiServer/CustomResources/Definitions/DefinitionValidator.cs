using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>The specification of a custom resource definition.</summary>
/// <remarks>
/// What all versions say alike is reported once, as upstream's internal form has it: schemas below spec.validation, subresources, columns and
/// selectable fields below spec.
/// </remarks>
internal sealed class DefinitionValidator(IRuleValidator rules)
{
    private const int SelectableFieldsMax = 8;

    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];
    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    private readonly SchemaPropsValidator _schemas = new(rules);

    /// <summary>All faults of a new definition, or of a changed one.</summary>
    public void Validate(CustomResourceDefinition definition, CustomResourceDefinition? old, FieldErrorList errors)
    {
        var (spec, path) = (definition.Spec, FieldPath.Spec);
        Basics(spec, path, errors);
        var shared = new SharedParts(spec.Versions);
        Versions(definition, old, shared, errors);
        Names(spec.Names, path.Child("names"), required: true, errors);
        Shared(definition, old, shared, errors);
        if (spec is { PreserveUnknownFields: true, Conversion: { } conversion } && conversion.Strategy != "None")
        {
            errors.Invalid(path.Child("conversion"), "strategy", conversion.Strategy, "must be None if spec.preserveUnknownFields is true");
        }

        DefinitionConversionValidator.Validate(spec.Conversion, path.Child("conversion"), allowInvalidBundle: old is not null && AllowsInvalidBundle(old), errors);
        if (old is not null)
        {
            if (DefinitionConditions.IsTrue(old, "Established"))
            {
                errors.Immutable(path, "scope", spec.Scope, old.Spec.Scope);
                errors.Immutable(path.Child("names"), "kind", spec.Names.Kind, old.Spec.Names.Kind);
            }

            errors.Immutable(path, "group", spec.Group, old.Spec.Group);
            errors.Immutable(path.Child("names"), "plural", spec.Names.Plural, old.Spec.Names.Plural);
        }

        ValidateStatus(definition.Status, errors);
        StoredVersions(definition, errors);
        Approval(definition, old, errors);
        if (spec.PreserveUnknownFields && old?.Spec.PreserveUnknownFields != true)
        {
            errors.Invalid(path, "preserveUnknownFields", true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead");
        }
    }

    public static void ValidateStatus(CustomResourceDefinitionStatus status, FieldErrorList errors) => Names(status.AcceptedNames, FieldPath.Status.Child("acceptedNames"), required: false, errors);

    /// <summary>Formats that nobody checks on values of the type they stand at, in the order of the schema; as often as they are written.</summary>
    public static IEnumerable<string> UnknownFormats(CustomResourceDefinitionSpec spec)
    {
        var versions = new SharedParts(spec.Versions).Schema ? spec.Versions.Take(1) : spec.Versions;
        return versions.SelectMany(static v => Formats(v.Schema?.OpenAPIV3Schema));
    }

    private static IEnumerable<string> Formats(JSONSchemaProps? schema)
    {
        if (schema is null)
        {
            return [];
        }

        var own = schema.Format.Length > 0 && !StringFormats.IsKnown(schema.Type, schema.Format) ? [schema.Format] : Array.Empty<string>();
        return own.Concat(Formats(schema.Items?.Schema)).Concat(schema.AllOf.SelectMany(Formats)).Concat(schema.AnyOf.SelectMany(Formats)).Concat(schema.OneOf.SelectMany(Formats))
            .Concat(Formats(schema.Not)).Concat(schema.Properties.Values.SelectMany(Formats)).Concat(Formats(schema.AdditionalProperties?.Schema));
    }

    private static void Basics(CustomResourceDefinitionSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.Group.Length == 0)
        {
            errors.Missing(path, "group");
        }
        else if (Validation.Formats.DnsSubdomain(spec.Group) is { Count: > 0 } faults)
        {
            errors.Invalid(path, "group", spec.Group, string.Join(",", faults));
        }
        else if (!spec.Group.Contains('.', StringComparison.Ordinal))
        {
            errors.Invalid(path, "group", spec.Group, "should be a domain with at least one dot");
        }

        if (spec.Scope.Length == 0)
        {
            errors.Missing(path, "scope");
        }
        else if (spec.Scope is not ("Cluster" or "Namespaced"))
        {
            errors.NotSupportedInOrder(path.Child("scope"), spec.Scope, "Cluster", "Namespaced");
        }
    }

    private void Versions(CustomResourceDefinition definition, CustomResourceDefinition? old, SharedParts shared, FieldErrorList errors)
    {
        var (spec, path) = (definition.Spec, FieldPath.Spec);
        for (var i = 0; i < spec.Versions.Count; i++)
        {
            if (spec.Versions[i].Schema?.OpenAPIV3Schema is null)
            {
                errors.Missing(path.Child("versions").Index(i).Child("schema"), "openAPIV3Schema");
            }
        }

        if (spec.PreserveUnknownFields && spec.Versions.Any(static v => v.Schema?.OpenAPIV3Schema is { } schema && SchemaNode.From(schema).HasDefaults))
        {
            errors.Invalid(path, "preserveUnknownFields", true, "must be false in order to use defaults in the schema");
        }

        var names = new HashSet<string>();
        var unique = true;
        for (var i = 0; i < spec.Versions.Count; i++)
        {
            var version = spec.Versions[i];
            var own = path.Child("versions").Index(i);
            unique &= names.Add(version.Name);
            if (Validation.Formats.Dns1035Label(version.Name) is { Count: > 0 } faults)
            {
                errors.Invalid(own, "name", version.Name, string.Join(",", faults));
            }

            Deprecation(version, own.Child("deprecationWarning"), errors);
            if (!shared.Schema)
            {
                Schema(version, version.Subresources?.Status is not null, KeepsSchema(version, old), own.Child("schema"), errors);
            }

            if (!shared.Subresources)
            {
                Subresources(version.Subresources, own.Child("subresources"), errors);
            }

            if (!shared.Columns)
            {
                Columns(version, own.Child("additionalPrinterColumns"), errors);
            }

            if (!shared.SelectableFields)
            {
                SelectableFields(version, own.Child("selectableFields"), "may only be set when `version.schema.openAPIV3Schema` is not included", errors);
            }
        }

        if (!unique)
        {
            errors.Invalid(path, "versions", InternalVersions(spec), "must contain unique version names");
        }

        if (spec.Versions.Count(static v => v.Storage) != 1)
        {
            errors.Invalid(path, "versions", InternalVersions(spec), "must have exactly one version marked as storage version");
        }

        // Inside, upstream keeps the first version's name once more, in the field that v1beta1 had for it.
        if (spec.Versions.Count > 0 && spec.Versions[0].Name.Length > 0 && Validation.Formats.Dns1035Label(spec.Versions[0].Name) is { Count: > 0 } again)
        {
            errors.Invalid(path, "version", spec.Versions[0].Name, string.Join(",", again));
        }
    }

    /// <summary>What all versions say alike, which upstream's internal form says once.</summary>
    private void Shared(CustomResourceDefinition definition, CustomResourceDefinition? old, SharedParts shared, FieldErrorList errors)
    {
        var (versions, path) = (definition.Spec.Versions, FieldPath.Spec);
        if (versions.Count == 0)
        {
            return;
        }

        var first = versions[0];
        if (shared.Schema)
        {
            Schema(first, versions.Any(static v => v.Subresources?.Status is not null), KeepsSchema(first, old), path.Child("validation"), errors);
        }

        if (shared.Subresources)
        {
            Subresources(first.Subresources, path.Child("subresources"), errors);
        }

        if (shared.Columns)
        {
            Columns(first, path.Child("additionalPrinterColumns"), errors);
        }

        if (shared.SelectableFields)
        {
            SelectableFields(first, path.Child("selectableFields"), "may only be set when validations.schema is included", errors);
        }
    }

    /// <summary>Rules of a version whose schema did not change may cost what they cost.</summary>
    private static bool KeepsSchema(CustomResourceDefinitionVersion version, CustomResourceDefinition? old) =>
        old?.Spec.Versions.FirstOrDefault(v => v.Name == version.Name) is { } before && Semantic.Equal(before.Schema, version.Schema);

    /// <summary>A bundle that was broken before may stay so, and one of a definition that nobody uses yet may be.</summary>
    private static bool AllowsInvalidBundle(CustomResourceDefinition old) =>
        !DefinitionConditions.IsTrue(old, "Established")
        || (old.Spec.Conversion?.Webhook?.ClientConfig?.CaBundle is { Length: > 0 } bundle && !DefinitionConversionValidator.IsBundle(bundle));

    private static void Deprecation(CustomResourceDefinitionVersion version, FieldPath path, FieldErrorList errors)
    {
        const int CharactersMax = 256;
        if (version.DeprecationWarning is not { } warning)
        {
            return;
        }

        if (!version.Deprecated)
        {
            errors.Invalid(path, warning, "can only be set for deprecated versions");
            return;
        }

        if (System.Text.Encoding.UTF8.GetByteCount(warning) > CharactersMax)
        {
            errors.Invalid(path, warning, $"must be <= {CharactersMax} characters long");
        }

        if (warning.Length == 0)
        {
            errors.Invalid(path, warning, "must not be an empty string");
        }

        var at = 0;
        foreach (var rune in warning.EnumerateRunes())
        {
            if (!IsPrintable(rune))
            {
                errors.Invalid(path, warning, $"must only contain printable UTF-8 characters; non-printable character found at index {at}");
                break;
            }

            at += rune.Utf8SequenceLength;
        }
    }

    /// <summary>Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of spaces the plain one.</summary>
    private static bool IsPrintable(System.Text.Rune rune) => rune.Value == ' ' || System.Text.Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Surrogate
        or System.Globalization.UnicodeCategory.PrivateUse or System.Globalization.UnicodeCategory.OtherNotAssigned or System.Globalization.UnicodeCategory.SpaceSeparator
        or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);

    private static void Names(CustomResourceDefinitionNames names, FieldPath path, bool required, FieldErrorList errors)
    {
        if (required)
        {
            foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("plural", names.Plural), ("singular", names.Singular), ("kind", names.Kind), ("listKind", names.ListKind)])
            {
                if (value.Length == 0)
                {
                    errors.Missing(path, name);
                }
            }
        }

        Label("plural", names.Plural, names.Plural, "");
        Label("singular", names.Singular, names.Singular, "");
        const string Mixed = "may have mixed case, but should otherwise match: ";
        Label("kind", names.Kind, names.Kind.ToLowerInvariant(), Mixed);
        Label("listKind", names.ListKind, names.ListKind.ToLowerInvariant(), Mixed);
        Labels("shortNames", names.ShortNames);
        if (names.Kind.Length > 0 && names.Kind == names.ListKind)
        {
            errors.Invalid(path, "listKind", names.ListKind, "kind and listKind may not be the same");
        }

        Labels("categories", names.Categories);

        void Label(string name, string value, string compared, string prefix)
        {
            if (value.Length > 0 && Validation.Formats.Dns1035Label(compared) is { Count: > 0 } faults)
            {
                errors.Invalid(path, name, value, prefix + string.Join(",", faults));
            }
        }

        void Labels(string name, ApiList<string> values)
        {
            for (var i = 0; i < values.Count; i++)
            {
                if (Validation.Formats.Dns1035Label(values[i]) is { Count: > 0 } faults)
                {
                    errors.Invalid(path.Child(name).Index(i), values[i], string.Join(",", faults));
                }
            }
        }
    }

    private void Schema(CustomResourceDefinitionVersion version, bool hasStatus, bool isUnchanged, FieldPath path, FieldErrorList errors)
    {
        if (version.Schema?.OpenAPIV3Schema is not { } schema)
        {
            return;
        }

        var at = path.Child("openAPIV3Schema");
        var first = errors.Count;
        if (hasStatus)
        {
            RootFields(schema, path, errors);
        }

        if (schema.Nullable)
        {
            errors.Forbidden(at, "nullable", "nullable cannot be true at the root");
        }

        var before = errors.Count;
        StructuralValidator.Validate(schema, at, errors);
        if (errors.Count == before)
        {
            DefaultsValidator.Validate(schema, at, errors);
        }

        // Rules are looked at only where the schema around them is structural.
        var convertible = StructuralValidator.IsConvertible(schema);
        var site = errors.Count == before && convertible ? RuleSite.Root(schema, isUnchanged) : null;
        var ruleErrors = new FieldErrorList();
        _schemas.Validate(schema, at, SchemaScope.Root, site, errors, ruleErrors);
        foreach (var error in ruleErrors)
        {
            errors.Add(error);
        }

        if (errors.Count == first && !convertible)
        {
            errors.Invalid(at, "", "OpenAPIV3Schema 'schema' is not supported");
        }

        if (site is not null)
        {
            rules.Finish(site, at, errors);
        }
    }

    /// <summary>With a status subresource, status is validated by its own part of the schema, so the root may say little else.</summary>
    private static void RootFields(JSONSchemaProps schema, FieldPath path, FieldErrorList errors)
    {
        foreach (var field in schema.TypeSchema.Fields)
        {
            if (schema.Slots[field.Ordinal] is null)
            {
                continue;
            }

            if (field.GoField == "Type")
            {
                if (schema.Type != "object")
                {
                    errors.Invalid(path.Child("openAPIV3Schema.type"), schema.Type, "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled");
                    return;
                }
            }
            else if (!AllowedAtRoot.Contains(field.GoField))
            {
                errors.Invalid(path, "openAPIV3Schema", new InternalValue(schema), $"only [{string.Join(" ", AllowedAtRoot)}] fields are allowed at the root of the schema if the status subresource is enabled");
                return;
            }
        }
    }

    private static readonly string[] AllowedAtRoot =
    [
        "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum", "MaxLength", "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems",
        "MultipleOf", "Required", "Items", "Properties", "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
    ];

    private static void Subresources(CustomResourceSubresources? subresources, FieldPath path, FieldErrorList errors)
    {
        if (subresources?.Scale is not { } scale)
        {
            return;
        }

        Path("specReplicasPath", scale.SpecReplicasPath, ".spec.", "should be a json path under .spec");
        Path("statusReplicasPath", scale.StatusReplicasPath, ".status.", "should be a json path under .status");
        if (scale.LabelSelectorPath is { Length: > 0 } selector && !SimplePath(path.Child("scale.labelSelectorPath"), selector, errors)
            && !selector.StartsWith(".spec.", StringComparison.Ordinal) && !selector.StartsWith(".status.", StringComparison.Ordinal))
        {
            errors.Invalid(path.Child("scale.labelSelectorPath"), selector, "should be a json path under either .spec or .status");
        }

        void Path(string name, string value, string prefix, string why)
        {
            var at = path.Child("scale." + name);
            if (value.Length == 0)
            {
                errors.Required(at);
            }
            else if (!SimplePath(at, value, errors) && !value.StartsWith(prefix, StringComparison.Ordinal))
            {
                errors.Invalid(at, value, why);
            }
        }
    }

    /// <summary>Adds the fault of a path that is none; false if it is fine.</summary>
    private static bool SimplePath(FieldPath at, string path, FieldErrorList errors)
    {
        if (path[0] == '.')
        {
            return false;
        }

        errors.Invalid(at, path, "must be a simple json path starting with .");
        return true;
    }

    private static void Columns(CustomResourceDefinitionVersion version, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < version.AdditionalPrinterColumns.Count; i++)
        {
            var column = version.AdditionalPrinterColumns[i];
            var at = path.Index(i);
            if (column.Name.Length == 0)
            {
                errors.Missing(at, "name");
            }

            var oneOf = "must be one of " + string.Join(",", ColumnTypes);
            if (column.Type.Length == 0)
            {
                errors.Missing(at, "type", oneOf);
            }
            else if (!ColumnTypes.Contains(column.Type))
            {
                errors.Invalid(at, "type", column.Type, oneOf);
            }

            if (column.Format.Length > 0 && !ColumnFormats.Contains(column.Format))
            {
                errors.Invalid(at, "format", column.Format, "must be one of " + string.Join(",", ColumnFormats));
            }

            if (column.JsonPath.Length == 0)
            {
                errors.Missing(at, "JSONPath");
            }
            else
            {
                SimplePath(at.Child("JSONPath"), column.JsonPath, errors);
            }
        }
    }

    private static void SelectableFields(CustomResourceDefinitionVersion version, FieldPath path, string needsSchema, FieldErrorList errors)
    {
        if (version.SelectableFields.Count == 0)
        {
            return;
        }

        if (version.Schema?.OpenAPIV3Schema is not { } schema)
        {
            errors.Invalid(path, "", needsSchema);
            return;
        }

        var seen = new HashSet<string>();
        for (var i = 0; i < version.SelectableFields.Count; i++)
        {
            var given = version.SelectableFields[i].JsonPath;
            var at = path.Index(i).Child("jsonPath");
            if (given.Length == 0)
            {
                errors.Required(at);
                continue;
            }

            var (names, where, found, fault) = SchemaPath.Find(schema, given, allowKeys: false);
            if (fault is not null)
            {
                errors.Invalid(at, given, "is an invalid path: " + fault);
                continue;
            }

            if (names[0] == "metadata")
            {
                errors.Invalid(at, given, "must not point to fields in metadata");
            }

            if (found!.Type is not ("string" or "boolean" or "integer"))
            {
                errors.Invalid(at, given, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.");
            }

            if (!seen.Add(where!.ToString()))
            {
                errors.Duplicate(at, given);
            }
        }

        if (seen.Count > SelectableFieldsMax)
        {
            errors.TooMany(path, seen.Count, SelectableFieldsMax);
        }
    }

    private static void StoredVersions(CustomResourceDefinition definition, FieldErrorList errors)
    {
        var path = FieldPath.Status.Child("storedVersions");
        var stored = definition.Status.StoredVersions;
        if (stored.Count == 0)
        {
            errors.Invalid(path, new Bare("null"), "must have at least one stored version");
            return;
        }

        // Each version accounts for one mention of its name.
        var left = stored.ToHashSet();
        foreach (var version in definition.Spec.Versions)
        {
            if (!left.Remove(version.Name) && version.Storage)
            {
                errors.Invalid(path, new InternalValue(stored), "must have the storage version " + version.Name);
            }
        }

        for (var i = 0; i < stored.Count; i++)
        {
            var name = stored[i];
            if (!definition.Spec.Versions.Any(v => v.Name == name))
            {
                errors.Invalid(
                    path.Index(i),
                    name,
                    $"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions");
            }
        }
    }

    private static void Approval(CustomResourceDefinition definition, CustomResourceDefinition? old, FieldErrorList errors)
    {
        if (!DefinitionApproval.IsProtected(definition.Spec.Group))
        {
            return;
        }

        var (state, reason) = DefinitionApproval.Of(definition);
        if (old is not null && DefinitionApproval.Of(old).State == state)
        {
            return;
        }

        var path = FieldPath.Metadata.Child("annotations").Key(DefinitionApproval.Annotation);
        switch (state)
        {
            case ApprovalState.Invalid:
                errors.Invalid(path, definition.Metadata.Annotations[DefinitionApproval.Annotation], reason);
                break;
            case ApprovalState.Missing:
                errors.Required(path, reason);
                break;
        }
    }

    /// <summary>Versions as upstream's internal form has them: what all say alike is told elsewhere.</summary>
    private static object InternalVersions(CustomResourceDefinitionSpec spec) =>
        spec.Slots[CustomResourceDefinitionSpec.Fields.Versions] is null ? new Bare("null") : InternalDefinition.Versions(spec);
}
