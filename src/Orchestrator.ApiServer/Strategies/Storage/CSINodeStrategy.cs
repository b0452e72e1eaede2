using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class CSINodeStrategy : ObjectStrategy<CSINode>
{
    private const int NodeIdMax = 256;

    protected override void Check(CSINode obj, FieldErrorList errors)
    {
        for (var i = 0; i < obj.Spec.Drivers.Count; i++)
        {
            var driver = obj.Spec.Drivers[i];
            var path = FieldPath.Spec.Child("drivers").Index(i);
            VolumeSourceValidator.CsiDriverName(driver.Name, path, "name", errors);
            if (driver.NodeID.Length == 0)
            {
                errors.Missing(path, "nodeID");
            }
            else if (driver.NodeID.Length > NodeIdMax)
            {
                errors.Invalid(path, "nodeID", driver.NodeID, $"must be {NodeIdMax} characters or less");
            }

            errors.NonNegative(path.Child("allocatable"), "count", driver.Allocatable?.Count);
            if (obj.Spec.Drivers.Take(i).Any(d => d.Name == driver.Name))
            {
                errors.Duplicate(path.Child("name"), driver.Name);
            }

            var keys = new HashSet<string>();
            foreach (var key in driver.TopologyKeys)
            {
                if (key.Length == 0)
                {
                    errors.Required(path);
                }

                if (!keys.Add(key))
                {
                    errors.Duplicate(path, key);
                }

                errors.InvalidEach(path, key, Formats.QualifiedName(key));
            }
        }
    }

    protected override void CheckUpdate(CSINode obj, CSINode old, FieldErrorList errors)
    {
        Check(obj, errors);
        foreach (var before in old.Spec.Drivers)
        {
            foreach (var driver in obj.Spec.Drivers)
            {
                if (driver.Name == before.Name && !Semantic.Equal(driver with { Allocatable = null }, before with { Allocatable = null }))
                {
                    errors.Invalid(FieldPath.Spec, "drivers", new InternalValue(driver with { Allocatable = null }), "field is immutable");
                }
            }
        }
    }
}
