using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Tests;

/// <summary>Short forms for compiling and running expressions.</summary>
internal static class Cel
{
    private static readonly CelEnvironment Environment = CelEnvironment.Kubernetes.WithPatchKeys().WithVariables(
        KeyValuePair.Create("x", CelType.Dyn),
        KeyValuePair.Create("i", CelType.Int),
        KeyValuePair.Create("s", CelType.String),
        KeyValuePair.Create("l", CelType.List(CelType.Int)),
        KeyValuePair.Create("m", CelType.Map(CelType.String, CelType.Int)));

    /// <summary>What an expression gives, as text: the value, or <c>error: …</c>, or what the compiler says.</summary>
    public static string Run(string expression, CelValue x = default)
    {
        var compilation = Environment.Compile(expression);
        if (!compilation.Succeeded)
        {
            return compilation.Failure.StartsWith("program", StringComparison.Ordinal) ? $"error: {compilation.Error}" : compilation.Error;
        }

        var result = Evaluate(compilation, x);
        return result.Failed ? $"error: {result.Error}" : result.Value.ToString();
    }

    /// <summary>Runs with some values of the variables.</summary>
    public static CelResult Evaluate(CelCompilation compilation, CelValue x = default, ulong limit = CelProgram.PerCallLimit)
    {
        var map = new CelDictionary();
        map.TryAdd("a", 1);
        return compilation.Program!.Evaluate(
            new CelVariables(new Dictionary<string, CelValue>
            {
                ["x"] = x,
                ["i"] = 3,
                ["s"] = "text",
                ["l"] = new CelArray(1, 2, 3),
                ["m"] = map,
            }),
            limit);
    }

    public static CelCompilation Compile(string expression) => Environment.Compile(expression);
}
