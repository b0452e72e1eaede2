using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>What claims, classes and slices of devices have in common: names, taints, tolerations, conditions, opaque parameters.</summary>
internal static partial class DeviceRules
{
    /// <summary>How many requests, constraints, configurations, selectors or results a list may hold.</summary>
    public const int ListMax = 32;

    private const int PoolNameMax = 253;
    private const int IdMax = 32;
    private const int BindingConditionsMax = 4;
    private const int OpaqueBytesMax = 10 * 1024;

    /// <summary>A list of limited length; the items of one that is too long are not looked at.</summary>
    public static void Each<T>(ApiList<T> items, int max, FieldPath path, FieldErrorList errors, Action<T, FieldPath> validate)
    {
        if (items.Count > max)
        {
            errors.TooMany(path, items.Count, max);
            return;
        }

        for (var i = 0; i < items.Count; i++)
        {
            validate(items[i], path.Index(i));
        }
    }

    /// <summary>A list of limited length whose items differ in a key.</summary>
    public static void EachOnce<T, TKey>(ApiList<T> items, int max, FieldPath path, FieldErrorList errors, Action<T, FieldPath> validate, Func<T, TKey> key)
        where TKey : notnull
    {
        Each(items, max, path, errors, validate);
        if (items.Count > max)
        {
            return;
        }

        var seen = new HashSet<TKey>();
        for (var i = 0; i < items.Count; i++)
        {
            if (!seen.Add(key(items[i])))
            {
                errors.Duplicate(path.Index(i), key(items[i]) is DeviceId id ? new Bare(id.ToString()) : key(items[i]));
            }
        }
    }

    public static void Driver(string name, FieldPath parent, string field, FieldErrorList errors) => VolumeSourceValidator.CsiDriverName(name, parent, field, errors);

    public static void Label(string name, FieldPath path, FieldErrorList errors) => errors.InvalidEach(path, name, Formats.DnsLabel(name));

    public static void Pool(string name, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
            return;
        }

        if (name.Length > PoolNameMax)
        {
            errors.TooLong(path, PoolNameMax);
        }

        foreach (var part in name.Split('/'))
        {
            errors.InvalidEach(path, part, Formats.DnsSubdomain(part));
        }
    }

    /// <summary>A UUID as RFC 4122 writes it, in small letters.</summary>
    public static void Uid(string uid, FieldPath path, FieldErrorList errors)
    {
        if (UidFault(uid) is { } fault)
        {
            errors.Invalid(path, uid, "error validating uid: " + fault);
        }
        else if (uid.Length != 36 || uid != uid.ToLowerInvariant())
        {
            errors.Invalid(path, uid, "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters");
        }
    }

    /// <summary>What Go's uuid package says of a text that is none in any of the forms that it reads.</summary>
    private static string? UidFault(string uid)
    {
        const string Prefix = "urn:uuid:";
        var text = uid;
        switch (Encoding.UTF8.GetByteCount(uid))
        {
            case 36:
                break;
            case 45 when uid.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase):
                text = uid[Prefix.Length..];
                break;
            case 45:
                return $"invalid urn prefix: {Api.Json.GoText.Quote(uid[..Prefix.Length])}";
            case 38 when uid[0] == '{' && uid[^1] == '}':
                text = uid[1..^1];
                break;
            case 38:
                return "invalid bracketed UUID format";
            case 32:
                return Guid.TryParseExact(uid, "N", out _) ? null : "invalid UUID format";
            case var length:
                return $"invalid UUID length: {length}";
        }

        return Guid.TryParseExact(text, "D", out _) ? null : "invalid UUID format";
    }

    /// <summary>A name of an attribute or capacity, with or without a domain.</summary>
    public static void QualifiedName(string name, FieldPath path, FieldErrorList errors)
    {
        var parts = name.Split('/');
        switch (parts.Length)
        {
            case 1:
                Identifier(name, path, errors);
                break;
            case 2:
                Domain(parts[0], path, errors);
                if (parts[1].Length == 0)
                {
                    errors.Invalid(path, "", "the name must not be empty");
                }
                else
                {
                    Identifier(parts[1], path, errors);
                }

                break;
        }
    }

    /// <summary>A name that has a domain.</summary>
    public static void FullyQualifiedName(string name, FieldPath path, FieldErrorList errors)
    {
        QualifiedName(name, path, errors);
        if (!name.Contains('/', StringComparison.Ordinal))
        {
            errors.Invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash");
        }
    }

    public static void Taint(DeviceTaint taint, FieldPath path, FieldErrorList errors)
    {
        errors.InvalidEach(path, "key", taint.Key, Formats.QualifiedName(taint.Key));
        errors.InvalidEach(path, "value", taint.Value, Formats.LabelValue(taint.Value));
        errors.RequiredOneOf(path, "effect", taint.Effect, "NoExecute", "NoSchedule", "None");
    }

    public static void Tolerations(ApiList<DeviceToleration> tolerations, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < tolerations.Count; i++)
        {
            Toleration(tolerations[i], path.Index(i), errors);
        }
    }

    /// <summary>Conditions that a device waits for before its pod is bound, and those that end the waiting.</summary>
    public static void BindingConditions(ApiList<string> conditions, ApiList<string> failures, FieldPath path, FieldErrorList errors)
    {
        var (conditionsPath, failuresPath) = (path.Child("bindingConditions"), path.Child("bindingFailureConditions"));
        Each(conditions, BindingConditionsMax, conditionsPath, errors, (c, at) => errors.InvalidEach(at, c, Formats.QualifiedName(c)));
        Each(failures, BindingConditionsMax, failuresPath, errors, (c, at) => errors.InvalidEach(at, c, Formats.QualifiedName(c)));
        Duplicates(conditions, conditionsPath, errors);
        Duplicates(failures, failuresPath, errors);
        for (var i = 0; i < failures.Count; i++)
        {
            if (conditions.Contains(failures[i]))
            {
                errors.Invalid(failuresPath.Index(i), failures[i], "bindingFailureConditions must not overlap with bindingConditions");
            }
        }

        if (conditions.Count == 0 && failures.Count > 0)
        {
            errors.Invalid(conditionsPath, null, "bindingConditions are required to use bindingFailureConditions");
        }

        if (failures.Count == 0 && conditions.Count > 0)
        {
            errors.Invalid(failuresPath, null, "bindingFailureConditions are required to use bindingConditions");
        }
    }

    /// <summary>Parameters for a driver.</summary>
    public static void Opaque(OpaqueDeviceConfiguration? opaque, FieldPath path, FieldErrorList errors, bool stored = false)
    {
        if (opaque is null)
        {
            errors.Missing(path, "opaque");
            return;
        }

        var at = path.Child("opaque");
        Driver(opaque.Driver, at, "driver", errors);
        Raw(opaque.Parameters, at.Child("parameters"), errors, stored);
    }

    /// <summary>A JSON object that only a driver understands.</summary>
    public static void Raw(RawJson? raw, FieldPath path, FieldErrorList errors, bool stored = false)
    {
        if (raw is null)
        {
            errors.Required(path);
            return;
        }

        var bytes = raw.Utf8.Span;
        if (!stored && bytes.Length > OpaqueBytesMax)
        {
            errors.TooLong(path, OpaqueBytesMax);
            return;
        }

        var reader = new Utf8JsonReader(bytes);
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                errors.Required(path);
                break;
            case JsonTokenType.StartObject:
                break;
            default:
                errors.Invalid(path, "<value omitted>", "must be a valid JSON object");
                break;
        }
    }

    /// <summary>Selectors and their expressions.</summary>
    public static void Selectors(ApiList<DeviceSelector> selectors, FieldPath path, FieldErrorList errors) => Each(selectors, ListMax, path, errors, (selector, at) =>
    {
        const int ExpressionBytesMax = 10 * 1024;
        if (selector.Cel is not { } cel)
        {
            errors.Missing(at, "cel");
        }
        else if (Encoding.UTF8.GetByteCount(cel.Expression) > ExpressionBytesMax)
        {
            errors.TooLong(at.Child("cel", "expression"), ExpressionBytesMax);
        }
        else if (DeviceExpressions.Fault(cel.Expression, out var isTooComplex) is { Length: > 0 } fault)
        {
            errors.Invalid(at.Child("cel", "expression"), cel.Expression, fault);
        }
        else if (isTooComplex)
        {
            errors.Forbidden(at.Child("cel", "expression"), "too complex, exceeds cost limit");
        }
    });

    private static void Toleration(DeviceToleration toleration, FieldPath path, FieldErrorList errors)
    {
        if (toleration.Key.Length > 0)
        {
            errors.InvalidEach(path, "key", toleration.Key, Formats.QualifiedName(toleration.Key));
        }

        switch (toleration.Operator)
        {
            case "Exists" when toleration.Value.Length > 0:
                errors.Invalid(path, "value", toleration.Value, "must be empty for operator `Exists`");
                break;
            case "Exists":
                break;
            case "Equal":
                errors.InvalidEach(path, "value", toleration.Value, Formats.LabelValue(toleration.Value));
                break;
            default:
                errors.RequiredOneOf(path, "operator", toleration.Operator, "Equal", "Exists");
                break;
        }

        if (toleration.Effect.Length > 0)
        {
            errors.OneOf(path, "effect", toleration.Effect, "NoExecute", "NoSchedule", "None");
        }
    }

    private static void Duplicates(ApiList<string> values, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (values.Take(i).Contains(values[i]))
            {
                errors.Duplicate(path.Index(i), values[i]);
            }
        }
    }

    private static void Domain(string domain, FieldPath path, FieldErrorList errors)
    {
        const int DomainMax = 63;
        if (domain.Length == 0)
        {
            errors.Invalid(path, "", "the domain must not be empty");
            return;
        }

        if (domain.Length > DomainMax)
        {
            errors.TooLong(path, DomainMax);
        }

        errors.InvalidEach(path, domain, Formats.DnsSubdomain(domain.ToLowerInvariant()));
    }

    private static void Identifier(string id, FieldPath path, FieldErrorList errors)
    {
        if (id.Length > IdMax)
        {
            errors.TooLong(path, IdMax);
        }

        if (!CIdentifier().IsMatch(id))
        {
            errors.Invalid(path, id, Formats.Pattern(
                "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
                "[A-Za-z_][A-Za-z0-9_]*", "my_name", "MY_NAME", "MyName"));
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*\\z")]
    private static partial Regex CIdentifier();
}
