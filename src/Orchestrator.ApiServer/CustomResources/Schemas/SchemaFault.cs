using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>What a value breaks of its schema.</summary>
/// <param name="Kind">How it is reported; null for faults that no field is named with.</param>
/// <param name="Path">The field relative to where validation began, as <c>spec.a[0]</c>.</param>
/// <param name="Value">The bad value as reported.</param>
/// <param name="Message">The whole text.</param>
internal sealed record SchemaFault(FieldErrorType? Kind, string Path, object? Value, string Message)
{
    /// <summary>The limit of <see cref="FieldErrorType.TooLong"/> and <see cref="FieldErrorType.TooMany"/>.</summary>
    public long Limit { get; init; } = -1;

    /// <summary>The values of <see cref="FieldErrorType.NotSupported"/>.</summary>
    public object?[] Supported { get; init; } = [];
}
