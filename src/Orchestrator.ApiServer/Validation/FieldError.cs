using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Validation;

/// <summary>One fault in an object, in upstream's words.</summary>
public sealed record FieldError(FieldErrorType Type, string Field, object? BadValue, string Detail)
{
    /// <summary>Stands for a bad value that the message leaves out.</summary>
    public static readonly object Untold = new();

    /// <summary>The reason of the cause: FieldValueInvalid and its kin.</summary>
    public string Reason => Type switch
    {
        FieldErrorType.NotFound => "FieldValueNotFound",
        FieldErrorType.Required => "FieldValueRequired",
        FieldErrorType.Duplicate => "FieldValueDuplicate",
        FieldErrorType.Invalid => "FieldValueInvalid",
        FieldErrorType.NotSupported => "FieldValueNotSupported",
        FieldErrorType.Forbidden => "FieldValueForbidden",
        FieldErrorType.TooLong => "FieldValueTooLong",
        FieldErrorType.TooMany => "FieldValueTooMany",
        FieldErrorType.TypeInvalid => "FieldValueTypeInvalid",
        _ => "InternalError",
    };

    /// <summary>The message without the field's path.</summary>
    public string Body
    {
        get
        {
            var head = Type switch
            {
                FieldErrorType.NotFound => "Not found",
                FieldErrorType.Required => "Required value",
                FieldErrorType.Duplicate => "Duplicate value",
                FieldErrorType.Invalid or FieldErrorType.TypeInvalid => "Invalid value",
                FieldErrorType.NotSupported => "Unsupported value",
                FieldErrorType.Forbidden => "Forbidden",
                FieldErrorType.TooLong => "Too long",
                FieldErrorType.TooMany => "Too many",
                _ => "Internal error",
            };
            if (ReferenceEquals(BadValue, Untold))
            {
            }
            else if (Type is not (FieldErrorType.Required or FieldErrorType.Forbidden or FieldErrorType.TooLong or FieldErrorType.TooMany or FieldErrorType.Internal))
            {
                head += ": " + Format(BadValue);
            }
            else if (Type == FieldErrorType.TooMany && BadValue is not null)
            {
                head += ": " + Format(BadValue);
            }

            return Detail.Length > 0 ? head + ": " + Detail : head;
        }
    }

    public override string ToString() => Field + ": " + Body;

    /// <summary>A value as upstream prints it: texts quoted, numbers bare, structures as JSON.</summary>
    private static string Format(object? value) => value switch
    {
        null => "null",
        string text => GoText.Quote(text),
        bool flag => flag ? "true" : "false",
        Quantity quantity => GoText.Quote(quantity.ToString()),
        IntOrString either => either.IsText ? GoText.Quote(either.Text!) : either.ToString(),
        DateTimeOffset time => GoText.Quote(ApiTime.Format(time)),
        TimeSpan span => GoText.Quote(GoDuration.Format(span)),
        InternalValue inner => inner.ToString(),
        Bare bare => bare.Text,
        double number => Patch.GoFormat.Double(number),
        int or long => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        _ => System.Text.Encoding.UTF8.GetString(ApiJson.WriteValueToArray(value)),
    };
}
