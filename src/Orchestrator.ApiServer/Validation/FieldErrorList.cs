using System.Collections;

namespace Orchestrator.ApiServer.Validation;

/// <summary>All faults of an object, in the order they were found.</summary>
public sealed class FieldErrorList : IReadOnlyCollection<FieldError>
{
    private readonly List<FieldError> _errors = [];

    public int Count => _errors.Count;

    /// <summary>Faults that are told but not held against the writer; they are told too when the object is refused for others.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Forgets what was found: a fault of the whole is all that counts.</summary>
    public void Clear() => _errors.Clear();

    public void Add(FieldError error) => _errors.Add(error);

    public void Required(FieldPath path, string detail = "") => _errors.Add(new(FieldErrorType.Required, path.ToString(), null, detail));

    public void Invalid(FieldPath path, object? value, string detail) => _errors.Add(new(FieldErrorType.Invalid, path.ToString(), value, detail));

    public void Duplicate(FieldPath path, object? value) => _errors.Add(new(FieldErrorType.Duplicate, path.ToString(), value, ""));

    public void Duplicate(FieldPath path, object? value, string detail) => _errors.Add(new(FieldErrorType.Duplicate, path.ToString(), value, detail));

    public void NotFound(FieldPath path, object? value) => _errors.Add(new(FieldErrorType.NotFound, path.ToString(), value, ""));

    public void NotFound(FieldPath path, object? value, string detail) => _errors.Add(new(FieldErrorType.NotFound, path.ToString(), value, detail));

    public void Forbidden(FieldPath path, string detail) => _errors.Add(new(FieldErrorType.Forbidden, path.ToString(), null, detail));

    /// <summary>A value outside of a closed set; the supported values are listed sorted and quoted.</summary>
    public void NotSupported(FieldPath path, object? value, IEnumerable<string> supported)
    {
        var listed = string.Join(", ", supported.Order(StringComparer.Ordinal).Select(static s => "\"" + s + "\""));
        _errors.Add(new(FieldErrorType.NotSupported, path.ToString(), value, listed.Length > 0 ? "supported values: " + listed : ""));
    }

    /// <summary>A value outside of a closed set; the supported values are listed quoted, in the order given.</summary>
    public void NotSupportedInOrder(FieldPath path, object? value, params string[] supported)
    {
        var listed = string.Join(", ", supported.Select(static s => "\"" + s + "\""));
        _errors.Add(new(FieldErrorType.NotSupported, path.ToString(), value, listed.Length > 0 ? "supported values: " + listed : ""));
    }

    /// <summary>A fault whose value is not told.</summary>
    public void InvalidUntold(FieldPath path, string detail) => _errors.Add(new(FieldErrorType.Invalid, path.ToString(), FieldError.Untold, detail));

    /// <summary>A text of more bytes than allowed.</summary>
    public void TooLong(FieldPath path, int maxBytes) =>
        _errors.Add(new(FieldErrorType.TooLong, path.ToString(), null, LongerThan(maxBytes)));

    /// <summary>The detail of a value longer than allowed.</summary>
    public static string LongerThan(long maxBytes) => maxBytes < 0 ? "value is too long" : $"may not be more than {maxBytes} {(maxBytes == 1 ? "byte" : "bytes")}";

    public void TooMany(FieldPath path, int count, int max) =>
        _errors.Add(new(FieldErrorType.TooMany, path.ToString(), count, MoreThan(max)));

    /// <summary>The detail of more items than allowed.</summary>
    public static string MoreThan(long max) => max < 0 ? "has too many items" : $"must have at most {max} {(max == 1 ? "item" : "items")}";

    public void Internal(FieldPath path, string detail) => _errors.Add(new(FieldErrorType.Internal, path.ToString(), null, detail));

    public void TypeInvalid(FieldPath path, object? value, string detail) => _errors.Add(new(FieldErrorType.TypeInvalid, path.ToString(), value, detail));

    /// <summary>One line of all faults, equal ones once: the fault alone, or <c>[a, b]</c>.</summary>
    public string Aggregate()
    {
        var messages = _errors.Select(static e => e.ToString()).Distinct().ToArray();
        return messages.Length == 1 ? messages[0] : "[" + string.Join(", ", messages) + "]";
    }

    public IEnumerator<FieldError> GetEnumerator() => _errors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
