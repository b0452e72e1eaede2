namespace Orchestrator.ApiServer.Validation;

/// <summary>Checks that name a child of a path, so that the child's path is made only when there is a fault.</summary>
internal static class FieldErrorExtensions
{
    private const string NotNegative = "must be greater than or equal to 0";

    /// <summary>The path of a child, where no parent means the object itself.</summary>
    public static FieldPath Sub(this FieldPath? parent, string child) => parent is null ? FieldPath.Root(child) : parent.Child(child);

    /// <summary>A child that must be given.</summary>
    public static void Missing(this FieldErrorList errors, FieldPath? parent, string child, string detail = "") => errors.Required(parent.Sub(child), detail);

    public static void Invalid(this FieldErrorList errors, FieldPath? parent, string child, object? value, string detail) =>
        errors.Invalid(parent.Sub(child), value, detail);

    public static void Forbidden(this FieldErrorList errors, FieldPath? parent, string child, string detail) => errors.Forbidden(parent.Sub(child), detail);

    /// <summary>One fault per text; none for a value that is fine.</summary>
    public static void InvalidEach(this FieldErrorList errors, FieldPath path, object? value, IReadOnlyList<string> faults)
    {
        for (var i = 0; i < faults.Count; i++)
        {
            errors.Invalid(path, value, faults[i]);
        }
    }

    /// <inheritdoc cref="InvalidEach(FieldErrorList, FieldPath, object?, IReadOnlyList{string})"/>
    public static void InvalidEach(this FieldErrorList errors, FieldPath? parent, string child, object? value, IReadOnlyList<string> faults)
    {
        if (faults.Count > 0)
        {
            errors.InvalidEach(parent.Sub(child), value, faults);
        }
    }

    /// <summary>A value outside of a closed set.</summary>
    public static void OneOf(this FieldErrorList errors, FieldPath? parent, string child, string value, params ReadOnlySpan<string> supported)
    {
        if (!supported.Contains(value))
        {
            errors.NotSupportedInOrder(parent.Sub(child), value, supported.ToArray());
        }
    }

    /// <summary>A value that must be given, of a closed set.</summary>
    public static void RequiredOneOf(this FieldErrorList errors, FieldPath? parent, string child, string value, params ReadOnlySpan<string> supported)
    {
        if (value.Length == 0)
        {
            errors.Missing(parent, child);
        }
        else
        {
            errors.OneOf(parent, child, value, supported);
        }
    }

    public static void NonNegative(this FieldErrorList errors, FieldPath? parent, string child, long? value)
    {
        if (value < 0)
        {
            errors.Invalid(parent, child, value, NotNegative);
        }
    }

    /// <summary>A field that differs from what it was.</summary>
    public static void Immutable(this FieldErrorList errors, FieldPath? parent, string child, object? value, object? old)
    {
        if (!Semantic.Equal(value, old))
        {
            errors.Invalid(parent, child, value, "field is immutable");
        }
    }
}
