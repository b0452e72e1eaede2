using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class StorageClassStrategy : ObjectStrategy<StorageClass>
{
    private const int ParametersMax = 512;
    private const int ParameterBytesMax = 256 * 1024;

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var terms = ((StorageClass)obj).AllowedTopologies;
        for (var i = 0; i < terms.Count; i++)
        {
            for (var e = 0; e < terms[i].MatchLabelExpressions.Count; e++)
            {
                if (NodeLabelWarnings.TextOf(terms[i].MatchLabelExpressions[e].Key) is { } text)
                {
                    context.Warnings.Add($"allowedTopologies[{i}].matchLabelExpressions[{e}].key: {text}");
                }
            }
        }
    }

    protected override void Check(StorageClass obj, FieldErrorList errors)
    {
        if (obj.Provisioner.Length == 0)
        {
            errors.Required(FieldPath.Root("provisioner"));
        }
        else
        {
            errors.InvalidEach(null, "provisioner", obj.Provisioner.ToLowerInvariant(), Formats.QualifiedName(obj.Provisioner.ToLowerInvariant()));
        }

        Parameters(obj.Parameters, errors, allowEmpty: true);
        if (obj.ReclaimPolicy is { Length: > 0 } policy)
        {
            errors.OneOf(null, "reclaimPolicy", policy, "Delete", "Retain");
        }

        if (obj.VolumeBindingMode is not { } mode)
        {
            errors.Required(FieldPath.Root("volumeBindingMode"));
        }
        else
        {
            errors.OneOf(null, "volumeBindingMode", mode, "Immediate", "WaitForFirstConsumer");
        }

        Topologies(obj.AllowedTopologies, errors);
    }

    /// <summary>Where volumes may be: keys once per term, values once per key, and no term twice.</summary>
    private static void Topologies(ApiList<TopologySelectorTerm> terms, FieldErrorList errors)
    {
        // Upstream compares a term with as many empty ones as there are terms, too.
        var seen = terms.Select(static _ => "").ToList();
        for (var i = 0; i < terms.Count; i++)
        {
            var list = FieldPath.Root("allowedTopologies").Index(i).Child("matchLabelExpressions");
            var keys = new SortedDictionary<string, string>(StringComparer.Ordinal);
            for (var e = 0; e < terms[i].MatchLabelExpressions.Count; e++)
            {
                var (expression, path) = (terms[i].MatchLabelExpressions[e], list.Index(e));
                if (expression.Values.Count == 0)
                {
                    errors.Missing(path, "values");
                }

                for (var v = 1; v < expression.Values.Count; v++)
                {
                    if (expression.Values.Take(v).Contains(expression.Values[v]))
                    {
                        errors.Duplicate(path.Child("values").Index(v), expression.Values[v]);
                    }
                }

                errors.InvalidEach(path, "key", expression.Key, Formats.QualifiedName(expression.Key));
                if (keys.ContainsKey(expression.Key))
                {
                    errors.Duplicate(path.Child("key"), expression.Key);
                }

                keys[expression.Key] = string.Join('\n', expression.Values.Distinct().Order(StringComparer.Ordinal));
            }

            var term = string.Join('\r', keys.Select(static k => k.Key + '\n' + k.Value));
            foreach (var _ in seen.Where(s => s == term))
            {
                errors.Duplicate(list, "");
            }

            seen.Add(term);
        }
    }

    protected override void CheckUpdate(StorageClass obj, StorageClass old, FieldErrorList errors)
    {
        Check(obj, errors);
        errors.Immutable(null, "parameters", obj.Parameters, old.Parameters);
        errors.Immutable(null, "provisioner", obj.Provisioner, old.Provisioner);
        errors.Immutable(null, "reclaimPolicy", obj.ReclaimPolicy, old.ReclaimPolicy);
        errors.Immutable(null, "volumeBindingMode", obj.VolumeBindingMode, old.VolumeBindingMode);
    }

    /// <summary>Parameters of a storage driver.</summary>
    public static void Parameters(ApiMap<string> parameters, FieldErrorList errors, bool allowEmpty)
    {
        if (parameters.Count > ParametersMax)
        {
            errors.TooLong(FieldPath.Root("parameters"), ParametersMax);
            return;
        }

        long size = 0;
        foreach (var (key, value) in parameters)
        {
            if (key.Length == 0)
            {
                errors.Invalid(null, "parameters", key, "field can not be empty.");
            }

            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        if (size > ParameterBytesMax)
        {
            errors.TooLong(FieldPath.Root("parameters"), ParameterBytesMax);
        }

        if (!allowEmpty && parameters.Count == 0)
        {
            errors.Required(FieldPath.Root("parameters"), "must contain at least one key/value pair");
        }
    }
}
