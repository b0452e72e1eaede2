using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Orchestrator.Api.Generator;

/// <summary>
/// Turns the tables into the API's types: one sealed record per type over a slot array, and beside it the rows that the
/// run time reads into a <c>StructSchema</c>. Everything that walks objects (JSON, protobuf, patch, apply, OpenAPI) is
/// written once against the schema, so the generated code stays at one line per field.
/// </summary>
[Generator]
public sealed class ApiGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var tables = context.AdditionalTextsProvider
            .Where(static f => f.Path.EndsWith(".tsv"))
            .Select(static (f, c) => (Path: f.Path.Replace('\\', '/'), Text: f.GetText(c)?.ToString() ?? ""))
            .Collect();
        context.RegisterSourceOutput(tables, static (output, files) => Generate(output, files));
    }

    private static void Generate(SourceProductionContext output, ImmutableArray<(string Path, string Text)> files)
    {
        var table = new TypeTable();
        foreach (var (path, text) in files.Where(f => f.Path.Contains("/types/")).OrderBy(f => f.Path, System.StringComparer.Ordinal))
        {
            table.Add(Path.GetFileNameWithoutExtension(path), text);
        }

        var definitions = new Dictionary<string, string[]>();
        var resources = new HashSet<string>();
        var constants = new List<string[]>();
        foreach (var (path, text) in files)
        {
            switch (Path.GetFileName(path))
            {
                case "definitions.tsv":
                    foreach (var row in TableReader.Rows(text))
                    {
                        definitions[row[0] + "." + row[1]] = row;
                    }

                    break;
                case "resources.tsv":
                    foreach (var row in TableReader.Rows(text))
                    {
                        resources.Add((row[1].Length == 0 ? "" : row[1] + "/") + row[2] + " " + row[8]);
                    }

                    break;
                case "constants.tsv":
                    constants.AddRange(TableReader.Rows(text));
                    break;
            }
        }

        var types = new TypeEmitter(table, definitions, resources);
        foreach (var group in table.Order.GroupBy(static k => k.Substring(0, k.IndexOf('.'))))
        {
            output.AddSource(group.Key + ".g.cs", SourceText.From(types.Emit(group.Key, group), Encoding.UTF8));
        }

        output.AddSource("ApiTypes.g.cs", SourceText.From(types.EmitRegistry(), Encoding.UTF8));
        output.AddSource("Constants.g.cs", SourceText.From(ConstantsEmitter.Emit(constants, table), Encoding.UTF8));
    }
}
