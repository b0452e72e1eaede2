using Orchestrator.Api.FlowControl.V1;
using Orchestrator.ApiServer.FlowControl;

namespace Orchestrator.ApiServer.Validation.FlowControl;

/// <summary>How much of the server a class of requests may use, and what happens to those beyond.</summary>
internal static class PriorityLevelValidator
{
    private const string Exempt = "exempt";
    private const int QueuesMax = 10_000_000;

    /// <summary>The hash by which flows choose their queues has no more bits.</summary>
    private const int HashBitsMax = 60;

    public static void Validate(PriorityLevelConfiguration level, FieldErrorList errors)
    {
        var (spec, path, name) = (level.Spec, FieldPath.Spec, level.Metadata.Name);
        if ((name == Exempt) != (spec.Type == "Exempt"))
        {
            errors.Invalid(path, "type", spec.Type, "must be 'Exempt' if and only if `name` is 'exempt'");
        }

        switch (spec.Type)
        {
            case "Exempt":
                if (spec.Limited is not null)
                {
                    errors.Forbidden(path, "limited", "must be nil if the type is not Limited");
                }

                if (spec.Exempt is { } exempt)
                {
                    Shares(exempt.NominalConcurrencyShares, path.Child("exempt"), errors);
                    Percent(exempt.LendablePercent, path.Child("exempt"), errors);
                }

                break;
            case "Limited":
                if (spec.Exempt is not null)
                {
                    errors.Forbidden(path, "exempt", "must be nil if the type is Limited");
                }

                if (spec.Limited is { } limited)
                {
                    Limited(limited, path.Child("limited"), errors);
                }
                else
                {
                    errors.Missing(path, "limited", "must not be empty when type is Limited");
                }

                break;
            default:
                errors.NotSupportedInOrder(path.Child("type"), spec.Type, "Exempt", "Limited");
                break;
        }

        if (FlowControlObjects.MandatoryLevels.TryGetValue(name, out var mandatory))
        {
            Fixed(spec, mandatory.Spec, name, path, errors);
        }

        FlowSchemaValidator.Conditions(level.Status.Conditions, static c => c.Type, errors);
    }

    private static void Fixed(PriorityLevelConfigurationSpec spec, PriorityLevelConfigurationSpec wanted, string name, FieldPath path, FieldErrorList errors)
    {
        if (name == Exempt)
        {
            if (!Semantic.Equal(spec with { Exempt = null }, wanted with { Exempt = null }))
            {
                errors.Invalid(path, new InternalValue(spec), $"spec of '{name}' except the 'spec.exempt' field must equal the fixed value");
            }
        }
        else if (!Semantic.Equal(spec, wanted))
        {
            errors.Invalid(path, new InternalValue(spec), $"spec of '{name}' must equal the fixed value");
        }
    }

    private static void Limited(LimitedPriorityLevelConfiguration limited, FieldPath path, FieldErrorList errors)
    {
        Shares(limited.NominalConcurrencyShares, path, errors);
        var response = path.Child("limitResponse");
        switch (limited.LimitResponse)
        {
            case { Type: "Reject", Queuing: not null }:
                errors.Forbidden(response, "queuing", "must be nil if limited.limitResponse.type is not Limited");
                break;
            case { Type: "Reject" }:
                break;
            case { Type: "Queue", Queuing: { } queuing }:
                Queuing(queuing, response.Child("queuing"), errors);
                break;
            case { Type: "Queue" }:
                errors.Missing(response, "queuing", "must not be empty if limited.limitResponse.type is Limited");
                break;
            default:
                errors.NotSupportedInOrder(response.Child("type"), limited.LimitResponse.Type, "Queue", "Reject");
                break;
        }

        Percent(limited.LendablePercent, path, errors);
        if (limited.BorrowingLimitPercent < 0)
        {
            errors.Invalid(path, "borrowingLimitPercent", limited.BorrowingLimitPercent, "if specified, must be a non-negative integer");
        }
    }

    private static void Shares(int? shares, FieldPath path, FieldErrorList errors)
    {
        if (shares < 0)
        {
            errors.Invalid(path, "nominalConcurrencyShares", shares, "must be a non-negative integer");
        }
    }

    private static void Percent(int? percent, FieldPath path, FieldErrorList errors)
    {
        if (percent is < 0 or > 100)
        {
            errors.Invalid(path, "lendablePercent", percent, "must be between 0 and 100, inclusive");
        }
    }

    private static void Queuing(QueuingConfiguration queuing, FieldPath path, FieldErrorList errors)
    {
        if (queuing.QueueLengthLimit <= 0)
        {
            errors.Invalid(path, "queueLengthLimit", queuing.QueueLengthLimit, "must be positive");
        }

        if (queuing.Queues <= 0)
        {
            errors.Invalid(path, "queues", queuing.Queues, "must be positive");
        }
        else if (queuing.Queues > QueuesMax)
        {
            errors.Invalid(path, "queues", queuing.Queues, $"must not be greater than {QueuesMax}");
        }

        if (queuing.HandSize <= 0)
        {
            errors.Invalid(path, "handSize", queuing.HandSize, "must be positive");
        }
        else if (queuing.HandSize > queuing.Queues)
        {
            errors.Invalid(path, "handSize", queuing.HandSize, $"should not be greater than queues ({queuing.Queues})");
        }
        else if (Math.Ceiling(Math.Log2(queuing.Queues) * queuing.HandSize) > HashBitsMax)
        {
            errors.Invalid(
                path, "handSize", queuing.HandSize,
                $"required entropy bits of deckSize {queuing.Queues} and handSize {queuing.HandSize} should not be greater than {HashBitsMax}");
        }
    }
}
