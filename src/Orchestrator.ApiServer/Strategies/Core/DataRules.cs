using Orchestrator.Api;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>What config maps and secrets share: keys, sizes, and being immutable.</summary>
internal static class DataRules
{
    public const int BytesMax = 1024 * 1024;
    private const string ImmutableText = "field is immutable when `immutable` is set";

    public static void Key(string key, string field, FieldErrorList errors)
    {
        if (Formats.ConfigKey(key) is { Count: > 0 } faults)
        {
            errors.InvalidEach(FieldPath.Root(field).Key(key), key, faults);
        }
    }

    public static void Immutable(bool? now, bool? before, FieldErrorList errors, params ReadOnlySpan<(string Field, object? Now, object? Before)> data)
    {
        if (before != true)
        {
            return;
        }

        if (now != true)
        {
            errors.Forbidden(FieldPath.Root("immutable"), ImmutableText);
        }

        foreach (var (field, value, old) in data)
        {
            if (!Semantic.Equal(value, old))
            {
                errors.Forbidden(FieldPath.Root(field), ImmutableText);
            }
        }
    }
}
