using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>How much of a shared device's capacity one claim may ask for.</summary>
internal static class RequestPolicyValidator
{
    private const int ValuesMax = 10;

    public static void Validate(CapacityRequestPolicy policy, Quantity capacity, FieldPath path, FieldErrorList errors)
    {
        if (policy.ValidValues.Count > 0 && policy.ValidRange is not null)
        {
            errors.Forbidden(path, "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the same time");
        }
        else if (policy.ValidValues.Count > 0)
        {
            if (policy.Default is { } value)
            {
                Values(policy.ValidValues, value, capacity, path.Child("validValues"), errors);
            }
            else
            {
                errors.Missing(path, "default", "required when validValues is defined");
            }
        }
        else if (policy.ValidRange is { } range)
        {
            if (policy.Default is { } value)
            {
                Range(range, value, capacity, path.Child("validRange"), errors);
            }
            else
            {
                errors.Missing(path, "default", "required when validRange is defined");
            }
        }
    }

    private static void Values(ApiList<Quantity> values, Quantity preset, Quantity capacity, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < values.Count - 1; i++)
        {
            if (values[i] > values[i + 1])
            {
                errors.Invalid(path.Index(i + 1), values[i + 1], "values must be sorted in ascending order");
            }
        }

        if (values.Count > ValuesMax)
        {
            errors.TooMany(path, values.Count, ValuesMax);
        }
        else
        {
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i] > capacity)
                {
                    errors.Invalid(path.Index(i), values[i], $"option is larger than capacity value: {capacity}");
                }
            }

            for (var i = 1; i < values.Count; i++)
            {
                if (values.Take(i).Any(v => v.Value == values[i].Value))
                {
                    errors.Duplicate(path.Index(i), values[i].Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
                }
            }
        }

        if (values.Count > ValuesMax || !values.Any(v => v.CompareTo(preset) == 0))
        {
            errors.Invalid(path, preset, "default value is not valid according to the requestPolicy");
        }
    }

    private static void Range(CapacityRequestPolicyRange range, Quantity preset, Quantity capacity, FieldPath path, FieldErrorList errors)
    {
        if (range.Min is not { } min)
        {
            errors.Missing(path, "min", "required when validRange is defined");
            return;
        }

        if (min > capacity)
        {
            errors.Invalid(path, "min", min, $"min is larger than capacity value: {capacity}");
        }

        if (preset < min)
        {
            errors.Invalid(path, "default", preset, $"default is less than min: {min}");
        }

        if (range.Max is { } max)
        {
            if (min > max)
            {
                errors.Invalid(path, "max", min, $"min is larger than max: {max}");
            }

            if (max > capacity)
            {
                errors.Invalid(path, "max", max, $"max is larger than capacity value: {capacity}");
            }

            if (preset > max)
            {
                errors.Invalid(path, "default", preset, $"default is more than max: {max}");
            }
        }

        if (range.Step is { } step)
        {
            Step(range, step, min, preset, capacity, path.Child("step"), errors);
        }
    }

    private static void Step(CapacityRequestPolicyRange range, Quantity step, Quantity min, Quantity preset, Quantity capacity, FieldPath path, FieldErrorList errors)
    {
        var added = min + step;
        if (added > capacity)
        {
            errors.Invalid(path, step, $"one step {added} is larger than capacity value: {capacity}");
        }

        Multiple(preset);
        if (range.Max is { } max)
        {
            Multiple(max);
        }

        void Multiple(Quantity value)
        {
            // A step that rounds to nothing fits everything.
            if (step.Value != 0 && (value.Value - min.Value) % step.Value != 0)
            {
                errors.Invalid(path, value, $"value is not a multiple of a given step ({step}) from ({min})");
            }
        }
    }
}
