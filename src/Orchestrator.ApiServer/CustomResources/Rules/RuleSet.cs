using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.CustomResources.Definitions;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Patch;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>The validation rules (x-kubernetes-validations) of a schema and of all below it, compiled. Immutable.</summary>
internal sealed class RuleSet
{
    /// <summary>What all rules together may cost for one object.</summary>
    public const ulong Budget = 10_000_000;

    private const int MessageLengthMax = 5 * 1024;

    private readonly SchemaNode _schema;
    private readonly RuleType? _type;
    private readonly CompiledRule[] _rules;
    private readonly KeyValuePair<string, RuleSet>[] _properties;
    private readonly RuleSet? _items;
    private readonly RuleSet? _values;

    private RuleSet(SchemaNode schema, bool isObject)
    {
        _schema = schema;
        _type = schema.Source.XValidations.Count > 0 ? RuleType.From(schema.Source, isObject) : null;
        _rules = _type is null ? [] : RuleCompiler.Compile(schema.Source.XValidations, _type, estimate: false);
        _properties = [.. schema.Properties.Where(static p => p.Value.HasRules).Select(static p => KeyValuePair.Create(p.Key, Below(p.Value)!))];
        _items = Below(schema.Items);
        _values = Below(schema.AdditionalProperties);
    }

    /// <summary>The rules of a schema; null if it has none.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="isObject">It is that of a whole object.</param>
    public static RuleSet? Compile(SchemaNode schema, bool isObject) => schema.HasRules ? new RuleSet(schema, isObject) : null;

    /// <summary>Adds what a value breaks.</summary>
    /// <param name="value">The JSON tree.</param>
    /// <param name="old">The one before, on updates.</param>
    /// <param name="path">Where it stands; null for a whole object.</param>
    /// <param name="errors">Takes the faults.</param>
    /// <param name="warnings">Takes faults of what did not change; null to make errors of them.</param>
    public void Validate(object? value, OldValue? old, FieldPath? path, FieldErrorList errors, List<string>? warnings) =>
        Validate(value, old, new Correlation(value, old, null), path, new Run(errors, warnings));

    private static RuleSet? Below(SchemaNode? schema) => schema is { HasRules: true } ? new RuleSet(schema, schema.IsEmbeddedResource) : null;

    private void Validate(object? value, OldValue? old, Correlation correlation, FieldPath? path, Run run)
    {
        if (value is null)
        {
            return;
        }

        if (_rules.Length > 0)
        {
            Judge(value, old, correlation, path, run);
        }

        switch (value)
        {
            case IApiMap map:
                Fields(map, _schema.IsAtomicMap ? null : old, correlation, path, run);
                break;
            case IApiList list when _items is not null:
                for (var i = 0; i < list.Count && !run.IsOver; i++)
                {
                    var item = list.ItemAt(i);
                    var before = OldValue.Item(old, _schema, item);
                    _items.Validate(item, before, correlation.Below(item, before), path!.Index(i), run);
                }

                break;
        }
    }

    private void Fields(IApiMap map, OldValue? old, Correlation correlation, FieldPath? path, Run run)
    {
        if (_values is not null)
        {
            for (var i = 0; i < map.Count && !run.IsOver; i++)
            {
                var (name, content) = (map.KeyAt(i), map.ValueAt(i));
                _values.Validate(
                    content, OldValue.Field(old, name), correlation.Below(content, OldValue.Field(correlation.Old, name)), path is null ? FieldPath.Root("").Key(name) : path.Key(name), run);
            }
        }

        foreach (var (name, property) in _properties)
        {
            if (!run.IsOver && map.TryGetSlot(name, out var content))
            {
                property.Validate(content, OldValue.Field(old, name), correlation.Below(content, OldValue.Field(correlation.Old, name)), path.Sub(name), run);
            }
        }
    }

    private void Judge(object value, OldValue? old, Correlation correlation, FieldPath? path, Run run)
    {
        var subject = new RuleSubject(value, old, _type!, optionalOld: false);
        RuleSubject? optional = null;
        foreach (var rule in _rules)
        {
            if (run.IsOver)
            {
                return;
            }

            if (rule.Fault is { } fault)
            {
                run.Add(Invalid(path, $"rule compile error: {fault}"));
                continue;
            }

            var takesNone = rule.Source.OptionalOldSelf == true;
            if (rule.Program is null || (rule.UsesOldSelf && old is null && !takesNone))
            {
                continue;
            }

            var variables = takesNone ? optional ??= new RuleSubject(value, old, _type!, optionalOld: true) : subject;
            var result = rule.Program.Evaluate(variables);
            if (!run.Spend(result.Cost))
            {
                run.End(Invalid(path, "validation failed due to running out of cost budget, no further validation rules will be run"));
            }
            else if (result.CostExceeded)
            {
                run.End(Invalid(path, $"'{result.Error}': no further validation rules will be run due to call cost exceeds limit for rule: {rule.Text}"));
            }
            else if (result.Failed)
            {
                run.Add(Invalid(path, result.Error.StartsWith("no such overload", StringComparison.Ordinal)
                    ? $"'{result.Error}': call arguments did not match a supported operator, function or macro signature for rule: {rule.Text}"
                    : $"{result.Error} evaluating rule: {rule.Text}"));
            }
            else if (!result.Value.IsTrue)
            {
                // What was so before may stay so, unless the rule is about the change. Messages see the old value as it is, also where rules may do without.
                Broken(rule, value, subject, path, run, isWarning: run.Ratchets && !rule.UsesOldSelf && correlation.IsUnchanged);
            }
        }
    }

    private void Broken(CompiledRule rule, object value, RuleSubject variables, FieldPath? path, Run run, bool isWarning)
    {
        var at = path;
        if (rule.Source.FieldPath.Length > 0 && SchemaPath.Find(_schema.Source, rule.Source.FieldPath, allowKeys: true) is { Fault: null, Path: { } found })
        {
            at = path.Sub(found.ToString());
        }

        var detail = rule.Detail;
        if (rule.Message is { } expression)
        {
            var message = expression.Evaluate(variables);
            if (!run.Spend(message.Cost))
            {
                Report(Invalid(at, "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run"), isWarning, run);
                run.End();
                return;
            }

            if (message.CostExceeded)
            {
                Report(Invalid(at, $"no further validation rules will be run due to call cost exceeds limit for messageExpression: {GoText.Quote(rule.Source.MessageExpression)}"), isWarning, run);
                run.End();
                return;
            }

            if (!message.Failed && message.Value.IsString && IsFit(message.Value.AsString.Trim()))
            {
                detail = message.Value.AsString.Trim();
            }
        }

        var shown = value is IApiMap or IApiList ? FieldError.Untold : value;
        Report(
            rule.Source.Reason switch
            {
                "FieldValueForbidden" => new FieldError(FieldErrorType.Forbidden, Name(at), null, detail),
                "FieldValueRequired" => new FieldError(FieldErrorType.Required, Name(at), null, detail),
                "FieldValueDuplicate" => new FieldError(FieldErrorType.Duplicate, Name(at), shown, ""),
                _ => new FieldError(FieldErrorType.Invalid, Name(at), shown, detail),
            },
            isWarning,
            run);
    }

    private static void Report(FieldError error, bool isWarning, Run run)
    {
        if (isWarning)
        {
            run.Warn(error.ToString());
        }
        else
        {
            run.Add(error);
        }
    }

    private static bool IsFit(string message) =>
        message.Length > 0 && Encoding.UTF8.GetByteCount(message) <= MessageLengthMax && !message.AsSpan().ContainsAny('\n', '\r');

    private FieldError Invalid(FieldPath? path, string detail) => new(FieldErrorType.Invalid, Name(path), _schema.Type, detail);

    private static string Name(FieldPath? path) => path?.ToString() ?? "<nil>";

    /// <summary>One validation: what it may still cost, and what it found.</summary>
    private sealed class Run(FieldErrorList errors, List<string>? warnings)
    {
        private ulong _left = Budget;

        public bool IsOver { get; private set; }

        public bool Ratchets => warnings is not null;

        public bool Spend(ulong cost)
        {
            if (cost > _left)
            {
                return false;
            }

            _left -= cost;
            return true;
        }

        public void Add(FieldError error) => errors.Add(error);

        public void Warn(string warning) => warnings!.Add(warning);

        public void End(FieldError error)
        {
            errors.Add(error);
            End();
        }

        public void End() => IsOver = true;
    }

    /// <summary>What stood in a place before; where that cannot be told, what stood around it.</summary>
    private sealed class Correlation(object? value, OldValue? old, Correlation? parent)
    {
        private bool? _same;

        /// <summary>Null where the two cannot be told to be the same thing.</summary>
        public OldValue? Old => old;

        /// <summary>Nothing changed here, or around what cannot be told apart.</summary>
        public bool IsUnchanged => _same ??= old is { } before ? ValueTree.SameJson(value, before.Value) : parent?.IsUnchanged == true;

        public Correlation Below(object? content, OldValue? before) => old is null ? this : new(content, before, this);
    }
}
