using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Patch;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>
/// Checks a JSON tree against a schema with the texts and the order of OpenAPI's Go implementation, which upstream uses. On an update, what is as
/// it was before is not held against the writer (ratcheting).
/// </summary>
internal static class SchemaValidator
{
    private const string NoRange = "";

    /// <summary>All faults of a value.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="value">The value.</param>
    /// <param name="old">The value before, on updates.</param>
    /// <param name="at">Where the value stands; null for the object itself.</param>
    /// <param name="errors">Takes the faults.</param>
    public static void Validate(SchemaNode schema, object? value, OldValue? old, FieldPath? at, FieldErrorList errors)
    {
        foreach (var fault in Node(schema, value, old, "").Faults)
        {
            Report(fault, at, errors);
        }
    }

    private static void Report(SchemaFault fault, FieldPath? at, FieldErrorList errors)
    {
        if (fault.Kind is not { } kind)
        {
            errors.Add(new FieldError(FieldErrorType.Invalid, at?.ToString() ?? "<nil>", "", fault.Message));
            return;
        }

        var name = fault.Path.TrimStart('.');
        var path = name.Length == 0 ? at?.ToString() ?? "<nil>" : at is null ? name : at + "." + name;
        errors.Add(kind switch
        {
            FieldErrorType.Required => new FieldError(kind, path, null, ""),
            FieldErrorType.NotSupported => new FieldError(kind, path, fault.Value, "supported values: " + string.Join(", ", fault.Supported.Select(static s => GoText.Quote(s as string ?? Json(s))))),
            FieldErrorType.TooLong => new FieldError(kind, path, null, FieldErrorList.LongerThan(fault.Limit)),
            FieldErrorType.TooMany => new FieldError(kind, path, fault.Value, FieldErrorList.MoreThan(fault.Limit)),
            _ => new FieldError(kind, path, fault.Value ?? "", fault.Message),
        });
    }

    private static SchemaResult Node(SchemaNode schema, object? value, OldValue? old, string path)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var result = new SchemaResult();
        if (value is null)
        {
            result.Merge(TypeOf(schema, value, path));
            Enum(schema, value, path, result);
            return Ratchet(result, value, old);
        }

        if (schema.Types.Length > 0 || schema.Format.Length > 0)
        {
            Step(TypeOf(schema, value, path));
        }

        Step(Alternatives(schema, value, path));
        switch (value)
        {
            case string text:
                Step(Text(schema, text, path));
                if (schema.Format.Length > 0 && StringFormats.IsOfText(schema.Format))
                {
                    Step(Format(schema, text, path));
                }

                break;
            case long or double:
                Step(Number(schema, value, path));
                break;
            case IApiList list:
                Step(List(schema, list, old, path));
                break;
        }

        Enum(schema, value, path, result);
        result.Count();
        if (value is IApiMap map)
        {
            Step(Object(schema, map, old, path));
        }

        result.Count();
        return Ratchet(result, value, old);

        void Step(SchemaResult step)
        {
            result.Merge(step);
            result.Count();
        }
    }

    /// <summary>A value that did not change is fine, whatever the schema says by now.</summary>
    private static SchemaResult Ratchet(SchemaResult result, object? value, OldValue? old) =>
        !result.IsValid && old is { Value: { } before } && Values.DeepEquals(value, before) ? new SchemaResult() : result;

    private static SchemaResult TypeOf(SchemaNode schema, object? value, string path)
    {
        var result = new SchemaResult();
        var types = schema.Types;
        if (value is null)
        {
            if (types.Length > 0 && !schema.IsNullable)
            {
                result.Add(WrongType(path, string.Join(",", types), "null"));
                return result;
            }

            result.Count();
            return result;
        }

        var (type, format) = value switch
        {
            string => ("string", ""),
            bool => ("boolean", ""),
            long => ("integer", "int64"),
            double => ("number", "float64"),
            IApiList => ("array", ""),
            _ => ("object", ""),
        };
        var isText = value is string or IApiList;
        var wantsInteger = types.Contains("integer");
        var wantsNumber = types.Contains("number");
        var fits = types.Contains(type) || (value is double number && IsInteger(number) && wantsInteger) || (value is long && wantsNumber);
        if (!isText && schema.Format.Length > 0 && !fits && format != schema.Format)
        {
            result.Add(WrongType(path, schema.Format, format));
            return result;
        }

        if (!(wantsNumber || wantsInteger) && schema.Format.Length > 0 && isText)
        {
            result.Count();
            return result;
        }

        if (types.Length > 0 && !fits)
        {
            result.Add(WrongType(path, string.Join(",", types), type));
            return result;
        }

        result.Count();
        return result;
    }

    /// <summary>Alternatives know nothing of the value before.</summary>
    private static SchemaResult Alternatives(SchemaNode schema, object value, string path)
    {
        var result = new SchemaResult();
        if (schema.AnyOf.Length > 0)
        {
            AnyOf(schema, value, path, result);
        }

        if (schema.OneOf.Length > 0)
        {
            OneOf(schema, value, path, result);
        }

        if (schema.AllOf.Length > 0)
        {
            var valid = 0;
            foreach (var part in schema.AllOf)
            {
                var one = Node(part, value, null, path);
                valid += one.IsValid ? 1 : 0;
                result.Merge(one);
            }

            if (valid != schema.AllOf.Length)
            {
                result.Add(Whole($"{GoText.Quote(path)} must validate all the schemas (allOf){(valid == 0 ? ". None validated" : "")}"));
            }
        }

        if (schema.Not is { } not && Node(not, value, null, path).IsValid)
        {
            result.Add(Whole($"{GoText.Quote(path)} must not validate the schema (not)"));
        }

        result.Count();
        return result;
    }

    private static void AnyOf(SchemaNode schema, object value, string path, SchemaResult result)
    {
        SchemaResult? best = null;
        foreach (var part in schema.AnyOf)
        {
            var one = Node(part, value, null, path);
            if (one.IsValid)
            {
                result.Merge(one);
                return;
            }

            if (best is null || one.Matches > best.Matches)
            {
                best = one;
            }
        }

        result.Add(Whole($"{GoText.Quote(path)} must validate at least one schema (anyOf)"));
        result.Merge(best!);
    }

    private static void OneOf(SchemaNode schema, object value, string path, SchemaResult result)
    {
        SchemaResult? best = null;
        SchemaResult? first = null;
        var valid = 0;
        foreach (var part in schema.OneOf)
        {
            var one = Node(part, value, null, path);
            if (one.IsValid)
            {
                valid++;
                best = null;
                first ??= one;
            }
            else if (valid == 0 && (best is null || one.Matches > best.Matches))
            {
                best = one;
            }
        }

        if (valid == 1)
        {
            result.Merge(first!);
            return;
        }

        result.Add(Whole($"{GoText.Quote(path)} must validate one and only one schema (oneOf). {(valid == 0 ? "Found none valid" : $"Found {valid} valid alternatives")}"));
        if (best is not null)
        {
            result.Merge(best);
        }
    }

    private static SchemaResult Text(SchemaNode schema, string text, string path)
    {
        var result = new SchemaResult();
        var source = schema.Source;
        if (source.MaxLength is not null || source.MinLength is not null)
        {
            var length = 0L;
            foreach (var _ in text.EnumerateRunes())
            {
                length++;
            }

            if (source.MaxLength is { } max && length > max)
            {
                result.Add(new(FieldErrorType.TooLong, path, text, $"{path} in body should be at most {max} chars long") { Limit = max });
                return result;
            }

            if (source.MinLength is { } min && length < min)
            {
                result.Add(new(FieldErrorType.Invalid, path, text, $"{path} in body should be at least {min} chars long"));
                return result;
            }
        }

        if (source.Pattern.Length > 0 && schema.Pattern?.IsMatch(text) != true)
        {
            result.Add(new(FieldErrorType.Invalid, path, text, $"{path} in body should match '{source.Pattern}'"));
        }

        return result;
    }

    private static SchemaResult Format(SchemaNode schema, string text, string path)
    {
        var result = new SchemaResult();
        if (!StringFormats.Matches(schema.Format, text))
        {
            result.Add(WrongType(path, schema.Format, text));
        }

        return result;
    }

    private static SchemaResult Number(SchemaNode schema, object value, string path)
    {
        var result = new SchemaResult();
        var source = schema.Source;
        if (Range(schema, value, "Checked", path) is { Length: > 0 } outside)
        {
            result.Add(Whole(outside));
        }

        var isLong = value is long;
        var number = isLong ? (long)value : (double)value;
        if (source.MultipleOf is { } factor && (isLong ? Math.Truncate(factor) : factor) <= 0)
        {
            result.Add(new(FieldErrorType.Invalid, path, isLong ? (object)(long)factor : factor, $"factor MultipleOf declared for {path} must be positive: {Limit(factor)}"));
        }
        else if (source.MultipleOf is { } divisor && !IsMultiple(value, divisor))
        {
            result.Add(new(FieldErrorType.Invalid, path, value, $"{path} in body should be a multiple of {Limit(divisor)}"));
        }

        if (source.Minimum is { } min && (isLong ? Below((long)value, (long)min, source.ExclusiveMinimum) : number < min || (source.ExclusiveMinimum && number <= min)))
        {
            result.Add(new(FieldErrorType.Invalid, path, value, $"{path} in body should be greater than {(source.ExclusiveMinimum ? "" : "or equal to ")}{Limit(min)}"));
        }

        if (source.Maximum is { } max && (isLong ? Below((long)max, (long)value, source.ExclusiveMaximum) : number > max || (source.ExclusiveMaximum && number >= max)))
        {
            result.Add(new(FieldErrorType.Invalid, path, value, $"{path} in body should be less than {(source.ExclusiveMaximum ? "" : "or equal to ")}{Limit(max)}"));
        }

        result.Count();
        return result;

        static bool Below(long value, long limit, bool exclusive) => value < limit || (exclusive && value == limit);

        string Limit(double limit) => isLong ? ((long)limit).ToString(CultureInfo.InvariantCulture) : GoFormat.Double(limit);
    }

    /// <summary>Why a number does not fit its type and format; "" if it does.</summary>
    private static string Range(SchemaNode schema, object value, string prefix, string path)
    {
        if (schema.Types.Length != 1)
        {
            return NoRange;
        }

        var fits = (schema.Type, schema.Format) switch
        {
            ("integer", "int32") => value is long and >= int.MinValue and <= int.MaxValue || (value is double d && IsInteger(d) && d is >= int.MinValue and <= int.MaxValue),
            ("integer", _) => value is long || (value is double d && IsInteger(d) && Math.Abs(d) < 9.3e18),
            (_, "float") => value is long || Math.Abs((double)value) <= float.MaxValue,
            _ => true,
        };
        return fits ? NoRange
            : schema.Format.Length > 0 ? $"{prefix} value must be of type {schema.Type} with format {schema.Format} in {path}"
            : $"{prefix} value must be of type {schema.Type} (default format) in {path}";
    }

    private static bool IsMultiple(object value, double factor)
    {
        if (value is long whole)
        {
            // Go makes the factor an integer too.
            return whole % (long)factor == 0;
        }

        var number = (double)value;
        return IsInteger(factor < 1 ? 1 / factor * number : number / factor);
    }

    private static SchemaResult List(SchemaNode schema, IApiList list, OldValue? old, string path)
    {
        var result = new SchemaResult();
        if (schema.Items is { } items)
        {
            for (var i = 0; i < list.Count; i++)
            {
                var item = list.ItemAt(i);
                result.Merge(Node(items, item, OldValue.Item(old, schema, item), path + "[" + i.ToString(CultureInfo.InvariantCulture) + "]"));
            }
        }

        var source = schema.Source;
        if (source.MinItems is { } min && list.Count < min)
        {
            result.Add(new(FieldErrorType.Invalid, path, (long)list.Count, $"{path} in body should have at least {min} items"));
        }

        if (source.MaxItems is { } max && list.Count > max)
        {
            result.Add(new(FieldErrorType.TooMany, path, (long)list.Count, $"{path} in body should have at most {max} items") { Limit = max });
        }

        result.Count();
        return result;
    }

    private static void Enum(SchemaNode schema, object? value, string path, SchemaResult result)
    {
        if (schema.Enum.Length == 0)
        {
            return;
        }

        foreach (var allowed in schema.Enum)
        {
            if (allowed is not null && value is not null && (ValueTree.SameJson(allowed, value) || IsSameConverted(value, allowed)))
            {
                return;
            }
        }

        result.Add(new(FieldErrorType.NotSupported, path, value, path + " in body should be one of " + GoFormat.Value(JsonOf(schema.Enum))) { Supported = schema.Enum });
    }

    /// <summary>Go compares after conversion to the type of the allowed value too: a fraction is cut off, an integer becomes the character of that number.</summary>
    private static bool IsSameConverted(object value, object allowed) => (value, allowed) switch
    {
        (double number, long integer) => Math.Abs(number) < 9.2e18 && (long)number == integer,
        (long code, string text) => text == (code is >= 0 and <= 0x10FFFF && Rune.IsValid((int)code) ? new Rune((int)code).ToString() : "\uFFFD"),
        _ => false,
    };

    private static SchemaResult Object(SchemaNode schema, IApiMap map, OldValue? old, string path)
    {
        var result = new SchemaResult();
        var source = schema.Source;
        if (source.MinProperties is { } min && map.Count < min)
        {
            result.Add(new(FieldErrorType.Invalid, path, (long)map.Count, $"{path} in body should have at least {min} properties"));
            return result;
        }

        if (source.MaxProperties is { } max && map.Count > max)
        {
            result.Add(new(FieldErrorType.TooMany, path, (long)map.Count, $"{path} in body should have at most {max} properties") { Limit = max });
            return result;
        }

        for (var i = 0; i < map.Count; i++)
        {
            var key = map.KeyAt(i);
            if (schema.Property(key) is not null)
            {
                continue;
            }

            if (!schema.AllowsAdditionalProperties)
            {
                result.Add(new(FieldErrorType.Invalid, path, key, $"{path}.{key} in body is a forbidden property"));
            }
            else if (schema.AdditionalProperties is { } values)
            {
                result.Merge(Node(values, map.ValueAt(i), OldValue.Field(old, key), path + "." + key));
            }
        }

        foreach (var (name, property) in schema.Properties)
        {
            if (map.TryGetSlot(name, out var value))
            {
                result.Merge(Node(property, value, OldValue.Field(old, name), path.Length == 0 ? name : path + "." + name));
            }
        }

        foreach (var name in schema.Required)
        {
            if (!map.TryGetSlot(name, out _))
            {
                result.Add(new(FieldErrorType.Required, path + "." + name, null, $"{path}.{name} in body is required"));
            }
        }

        return result;
    }

    private static SchemaFault WrongType(string path, string type, string value) => new(FieldErrorType.TypeInvalid, path, value, $"{path} in body must be of type {type}: {GoText.Quote(value)}");

    private static SchemaFault Whole(string message) => new(null, "", null, message);

    private static bool IsInteger(double value) => Math.Abs(value) < 1L << 53 && Math.Abs(value - Math.Round(value)) < 1e-9 * Math.Max(1, Math.Abs(value));

    private static ApiList<object?> JsonOf(object?[] values) => new(values, values.Length);

    private static string Json(object? value) => Encoding.UTF8.GetString(ApiJson.WriteValueToArray(value));
}
