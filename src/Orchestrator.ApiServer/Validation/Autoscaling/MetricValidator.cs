using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V2;

namespace Orchestrator.ApiServer.Validation.Autoscaling;

/// <summary>Metrics that autoscalers look at, and the targets set for them.</summary>
internal static class MetricValidator
{
    private static readonly string[] Types = ["ContainerResource", "External", "Object", "Pods", "Resource"];

    public static void Validate(MetricSpec metric, FieldPath path, FieldErrorList errors)
    {
        if (metric.Type.Length == 0)
        {
            errors.Missing(path, "type", "must specify a metric source type");
        }

        errors.OneOf(path, "type", metric.Type, Types);
        var present = new List<string>();
        Source(metric.Object, "object", static (o, at, e) => Object(o, at, e));
        Source(metric.External, "external", static (o, at, e) => External(o, at, e));
        Source(metric.Pods, "pods", static (o, at, e) => Pods(o, at, e));
        Source(metric.Resource, "resource", static (o, at, e) => Resource(o.Name, null, o.Target, at, e));
        Source(metric.ContainerResource, "containerResource", static (o, at, e) => Resource(o.Name, o.Container, o.Target, at, e));
        var expected = Types.Contains(metric.Type) ? char.ToLowerInvariant(metric.Type[0]) + metric.Type[1..] : null;
        if (expected is null)
        {
            errors.NotSupportedInOrder(path.Child("type"), metric.Type, Types);
        }
        else if (!present.Contains(expected))
        {
            errors.Missing(path, expected, "must populate information for the given metric source");
        }

        if (present.Count > 1)
        {
            foreach (var field in present.Where(f => f != expected))
            {
                errors.Forbidden(path, field, "must populate the given metric source only");
            }
        }

        void Source<T>(T? source, string field, Action<T, FieldPath, FieldErrorList> check)
            where T : ApiStruct
        {
            if (source is null)
            {
                return;
            }

            // Of several sources only the first is looked at.
            present.Add(field);
            if (present.Count == 1)
            {
                check(source, path.Child(field), errors);
            }
        }
    }

    private static void Object(ObjectMetricSource source, FieldPath path, FieldErrorList errors)
    {
        AutoscalerValidator.Reference(source.DescribedObject, path.Child("describedObject"), errors, checksGroup: false);
        Identifier(source.Metric, path.Child("metric"), errors);
        Target(source.Target, path.Child("target"), errors);
        if (source.Target is { Value: null, AverageValue: null })
        {
            errors.Missing(path.Child("target"), "averageValue", "must set either a target value or averageValue");
        }
    }

    private static void External(ExternalMetricSource source, FieldPath path, FieldErrorList errors)
    {
        Identifier(source.Metric, path.Child("metric"), errors);
        Target(source.Target, path.Child("target"), errors);
        if (source.Target is { Value: null, AverageValue: null })
        {
            errors.Missing(path.Child("target"), "averageValue", "must set either a target value for metric or a per-pod target");
        }

        if (source.Target is { Value: not null, AverageValue: not null })
        {
            errors.Forbidden(path.Child("target"), "value", "may not set both a target value for metric and a per-pod target");
        }
    }

    private static void Pods(PodsMetricSource source, FieldPath path, FieldErrorList errors)
    {
        Identifier(source.Metric, path.Child("metric"), errors);
        Target(source.Target, path.Child("target"), errors);
        if (source.Target.AverageValue is null)
        {
            errors.Missing(path.Child("target"), "averageValue", "must specify a positive target averageValue");
        }
    }

    private static void Resource(string name, string? container, MetricTarget target, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Missing(path, "name", "must specify a resource name");
        }
        else if (container is not null)
        {
            ResourceValidator.ContainerName(name, path.Child("name"), errors);
        }

        if (container is { Length: 0 })
        {
            errors.Missing(path, "container", "must specify a container");
        }
        else if (container is not null)
        {
            errors.InvalidEach(path, "container", container, Formats.DnsLabel(container));
        }

        var at = path.Child("target");
        Target(target, at, errors);
        if (target is { AverageUtilization: null, AverageValue: null })
        {
            errors.Missing(at, "averageUtilization", "must set either a target raw value or a target utilization");
        }

        if (target is { AverageUtilization: not null, AverageValue: not null })
        {
            errors.Forbidden(at, "averageValue", "may not set both a target raw value and a target utilization");
        }
    }

    private static void Identifier(MetricIdentifier metric, FieldPath path, FieldErrorList errors)
    {
        if (metric.Name.Length == 0)
        {
            errors.Missing(path, "name", "must specify a metric name");
        }
        else
        {
            errors.InvalidEach(path, "name", metric.Name, Formats.PathSegment(metric.Name));
        }
    }

    private static void Target(MetricTarget target, FieldPath path, FieldErrorList errors)
    {
        if (target.Type.Length == 0)
        {
            errors.Missing(path, "type", "must specify a metric target type");
        }

        if (target.Type is not ("Utilization" or "Value" or "AverageValue"))
        {
            errors.Invalid(path, "type", target.Type, "must be either Utilization, Value, or AverageValue");
        }

        if (target.Value is { Sign: <= 0 })
        {
            errors.Invalid(path, "value", target.Value, "must be positive");
        }

        if (target.AverageValue is { Sign: <= 0 })
        {
            errors.Invalid(path, "averageValue", target.AverageValue, "must be positive");
        }

        if (target.AverageUtilization < 1)
        {
            errors.Invalid(path, "averageUtilization", target.AverageUtilization, "must be greater than 0");
        }
    }
}
