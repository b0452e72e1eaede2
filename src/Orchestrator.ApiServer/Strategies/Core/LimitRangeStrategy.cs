using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class LimitRangeStrategy : ObjectStrategy<LimitRange>
{
    protected override void Prepare(LimitRange obj, StrategyContext context)
    {
        // A nameless one gets a name that nobody else has.
        if (obj.Metadata.Name.Length == 0)
        {
            obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Name, obj.Metadata.Uid);
        }
    }

    protected override void Check(LimitRange obj, FieldErrorList errors)
    {
        var types = new HashSet<string>();
        for (var i = 0; i < obj.Spec.Limits.Count; i++)
        {
            var item = obj.Spec.Limits[i];
            var path = FieldPath.Spec.Child("limits").Index(i);
            var faults = Formats.QualifiedName(item.Type);
            errors.InvalidEach(path, "type", item.Type, faults);
            if (faults.Count == 0 && !item.Type.Contains('/', StringComparison.Ordinal) && item.Type is not ("Pod" or "Container" or "PersistentVolumeClaim"))
            {
                errors.Invalid(path, "type", item.Type, "must be a standard limit type or fully qualified");
            }

            if (!types.Add(item.Type))
            {
                errors.Duplicate(path.Child("type"), item.Type);
            }

            Names(item.Max, "max");
            Names(item.Min, "min");
            if (item.Type == "Pod")
            {
                if (item.Default.Count > 0)
                {
                    errors.Forbidden(path, "default", "may not be specified when `type` is 'Pod'");
                }

                if (item.DefaultRequest.Count > 0)
                {
                    errors.Forbidden(path, "defaultRequest", "may not be specified when `type` is 'Pod'");
                }
            }
            else
            {
                Names(item.Default, "default");
                Names(item.DefaultRequest, "defaultRequest");
            }

            if (item.Type == "PersistentVolumeClaim" && !item.Min.ContainsKey("storage") && !item.Max.ContainsKey("storage"))
            {
                errors.Missing(path, "limits", "either minimum or maximum storage value is required, but neither was provided");
            }

            Names(item.MaxLimitRequestRatio, "maxLimitRequestRatio");
            Bounds(item, path, errors);

            void Names(ApiMap<Quantity> list, string field)
            {
                foreach (var (name, _) in list)
                {
                    if (item.Type is "Pod" or "Container")
                    {
                        ResourceValidator.ContainerName(name, path.Child(field).Key(name), errors);
                    }
                    else
                    {
                        ResourceValidator.Name(name, path.Child(field).Key(name), errors);
                    }
                }
            }
        }
    }

    private static void Bounds(LimitRangeItem item, FieldPath path, FieldErrorList errors)
    {
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        keys.UnionWith(item.Max.Keys);
        keys.UnionWith(item.Min.Keys);
        keys.UnionWith(item.Default.Keys);
        keys.UnionWith(item.DefaultRequest.Keys);
        keys.UnionWith(item.MaxLimitRequestRatio.Keys);
        foreach (var key in keys)
        {
            var (min, max) = (item.Min.GetValueOrDefault(key), item.Max.GetValueOrDefault(key));
            var (request, limit) = (item.DefaultRequest.GetValueOrDefault(key), item.Default.GetValueOrDefault(key));
            Above(min, max, "min", "min value {0} is greater than max value {1}");
            Above(min, request, "defaultRequest", "min value {0} is greater than default request value {1}", second: true);
            Above(request, max, "defaultRequest", "default request value {0} is greater than max value {1}");
            Above(request, limit, "defaultRequest", "default request value {0} is greater than default limit value {1}");
            Above(min, limit, "default", "min value {0} is greater than default value {1}", minFirst: true);
            Above(limit, max, "default", "default value {0} is greater than max value {1}", bad: max);
            Ratio(key, min, max);

            // What cannot be overcommitted is requested as it is limited.
            if (!ResourceValidator.IsOvercommitAllowed(key) && limit is not null && request is not null && limit.CompareTo(request) != 0)
            {
                errors.Invalid(path.Child("defaultRequest").Key(key), request, $"default value {limit} must equal to defaultRequest value {request} in {key}");
            }

            void Above(Quantity? low, Quantity? high, string field, string text, bool second = false, bool minFirst = false, Quantity? bad = null)
            {
                if (low is not null && high is not null && low > high)
                {
                    errors.Invalid(path.Child(field).Key(key), bad ?? (second ? high : low), string.Format(CultureInfo.InvariantCulture, text, low, high));
                }

                _ = minFirst;
            }
        }

        void Ratio(string key, Quantity? min, Quantity? max)
        {
            if (!item.MaxLimitRequestRatio.TryGetValue(key, out var ratio))
            {
                return;
            }

            var at = path.Child("maxLimitRequestRatio").Key(key);
            if (ratio < Quantity.FromLong(1))
            {
                errors.Invalid(at, ratio, $"ratio {ratio} is less than 1");
            }

            if (min is not null && max is not null && !min.IsZero && max.AsDouble / min.AsDouble is var quotient && ratio.AsDouble > quotient)
            {
                errors.Invalid(at, ratio, string.Create(CultureInfo.InvariantCulture, $"ratio {ratio} is greater than max/min = {quotient:F6}"));
            }
        }
    }
}
