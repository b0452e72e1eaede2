namespace Orchestrator.ApiServer.Apply;

internal sealed class ScalarType(ScalarKind kind) : FieldType
{
    public static ScalarType Text { get; } = new(ScalarKind.Text);

    public static ScalarType Number { get; } = new(ScalarKind.Number);

    public static ScalarType Boolean { get; } = new(ScalarKind.Boolean);

    public static ScalarType Any { get; } = new(ScalarKind.Any);

    public static ScalarType Untyped { get; } = new(ScalarKind.Untyped);

    public ScalarKind Kind { get; } = kind;
}
