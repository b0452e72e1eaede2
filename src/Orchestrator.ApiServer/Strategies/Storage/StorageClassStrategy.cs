using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class StorageClassStrategy : ObjectStrategy<StorageClass>
{
    private const int ParametersMax = 512;
    private const int ParameterBytesMax = 256 * 1024;

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

        for (var i = 0; i < obj.AllowedTopologies.Count; i++)
        {
            var expressions = obj.AllowedTopologies[i].MatchLabelExpressions;
            for (var e = 0; e < expressions.Count; e++)
            {
                var path = FieldPath.Root("allowedTopologies").Index(i).Child("matchLabelExpressions").Index(e);
                if (expressions[e].Values.Count == 0)
                {
                    errors.Missing(path, "values");
                }

                for (var v = 1; v < expressions[e].Values.Count; v++)
                {
                    if (expressions[e].Values.Take(v).Contains(expressions[e].Values[v]))
                    {
                        errors.Duplicate(path.Child("values").Index(v), expressions[e].Values[v]);
                    }
                }

                errors.InvalidEach(path, "key", expressions[e].Key, Formats.QualifiedName(expressions[e].Key));
            }
        }
    }

    protected override void CheckUpdate(StorageClass obj, StorageClass old, FieldErrorList errors)
    {
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
            errors.TooLong(FieldPath.Root("Provisioner Parameters Length"), ParametersMax);
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
