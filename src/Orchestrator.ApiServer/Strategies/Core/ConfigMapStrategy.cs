using System.Text;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class ConfigMapStrategy : ObjectStrategy<ConfigMap>
{
    protected override void Check(ConfigMap obj, FieldErrorList errors)
    {
        long size = 0;
        foreach (var (key, value) in obj.Data)
        {
            DataRules.Key(key, "data", errors);
            if (obj.BinaryData.Count > 0 && obj.BinaryData.ContainsKey(key))
            {
                errors.Invalid(FieldPath.Root("data").Key(key), key, "duplicate of key present in binaryData");
            }

            size += Encoding.UTF8.GetByteCount(value);
        }

        foreach (var (key, value) in obj.BinaryData)
        {
            DataRules.Key(key, "binaryData", errors);
            size += value.Length;
        }

        if (size > DataRules.BytesMax)
        {
            // Upstream names no field here, and its empty name prints like this.
            errors.TooLong(FieldPath.Root("[]"), DataRules.BytesMax);
        }
    }

    protected override void CheckUpdate(ConfigMap obj, ConfigMap old, FieldErrorList errors)
    {
        DataRules.Immutable(obj.Immutable, old.Immutable, errors, ("data", obj.Data, old.Data), ("binaryData", obj.BinaryData, old.BinaryData));
        Check(obj, errors);
    }
}
