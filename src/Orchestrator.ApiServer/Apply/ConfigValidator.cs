using System.Globalization;
using System.Runtime.CompilerServices;
using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>Checks a configuration or an object against its type, in structured-merge-diff's words: all faults at once.</summary>
internal sealed class ConfigValidator
{
    private readonly List<string> _faults = [];

    private readonly bool _allowsDuplicates;

    private ConfigValidator(bool allowsDuplicates) => _allowsDuplicates = allowsDuplicates;

    /// <summary>The faults in one text; null if there is none.</summary>
    /// <param name="type">The root type.</param>
    /// <param name="config">An object or a tree.</param>
    /// <param name="allowsDuplicates">Whether lists may name an item twice, as live objects may.</param>
    public static string? Validate(MapType type, object? config, bool allowsDuplicates = false)
    {
        var validator = new ConfigValidator(allowsDuplicates);
        validator.Node(type, config, "");
        return validator._faults.Count switch
        {
            0 => null,
            1 => validator._faults[0],
            _ => "errors:\n" + string.Join("\n", validator._faults.Select(static f => "  " + f)),
        };
    }

    private void Node(FieldType declared, object? value, string path)
    {
        if (value is null)
        {
            return;
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
        value = ValueTree.Plain(value)!;
        switch (ValueComparer.Resolve(declared, value))
        {
            case ScalarType scalar:
                Scalar(scalar.Kind, value, path);
                break;
            case ListType list:
                if (ValueTree.AsList(value) is { } items)
                {
                    Items(list, items, path);
                }
                else
                {
                    Fault(path, "expected list, got " + Held(value));
                }

                break;
            case MapType map:
                if (ValueTree.AsMap(value) is { } entries)
                {
                    Entries(map, entries, path);
                }
                else
                {
                    Fault(path, "expected map, got " + Held(value));
                }

                break;
        }
    }

    private void Scalar(ScalarKind kind, object value, string path)
    {
        switch (kind)
        {
            case ScalarKind.Number when value is not (long or double):
                Fault(path, "expected numeric (int or float), got " + GoFormat.TypeOf(value));
                break;
            case ScalarKind.Text when value is not string:
                Fault(path, $"expected string, got &value.valueUnstructured{{Value:{GoFormat.Syntax(value)}}}");
                break;
            case ScalarKind.Boolean when value is not bool:
                Fault(path, "expected boolean, got " + Held(value));
                break;
            case ScalarKind.Any when value is not (long or double or string or bool):
                Fault(path, "expected any scalar, got " + Held(value));
                break;
        }
    }

    private void Items(ListType type, IApiList items, string path)
    {
        var seen = new HashSet<PathElement>();
        for (var i = 0; i < items.Count; i++)
        {
            var item = items.ItemAt(i);
            PathElement? element;
            if (type.IsAssociative)
            {
                element = type.ElementOf(item, out var error);
                if (element is null)
                {
                    Fault(path, $"element {i.ToString(CultureInfo.InvariantCulture)}: {error}");
                    return;
                }

                if (!seen.Add(element) && !_allowsDuplicates)
                {
                    Fault(path, $"duplicate entries for key {element}");
                }
            }
            else
            {
                element = PathElement.Index(i);
            }

            Node(type.Element, item, path + element);
        }
    }

    private void Entries(MapType type, IApiMap entries, string path)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            var key = entries.KeyAt(i);
            if ((type.Find(key)?.Type ?? type.Element) is { } below)
            {
                Node(below, entries.ValueAt(i), path + "." + key);
            }
            else
            {
                Fault(path + "." + key, "field not declared in schema");
            }
        }
    }

    private void Fault(string path, string message) => _faults.Add(path + ": " + message);

    /// <summary>Go's print of the wrapper around a value.</summary>
    private static string Held(object value) => "&{" + GoFormat.Value(value) + "}";
}
