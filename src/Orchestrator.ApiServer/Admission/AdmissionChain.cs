using System.Collections.Concurrent;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission;

/// <summary>All plugins in upstream's order. Which of them care about a resource is found out once, so others cost nothing.</summary>
public sealed class AdmissionChain(IReadOnlyList<IAdmissionPlugin> plugins)
{
    private readonly ConcurrentDictionary<Key, Steps> _steps = [];

    /// <summary>Runs the mutating plugins: before validation, and on an update after the patch is applied.</summary>
    /// <exception cref="Machinery.ApiException">The request is refused.</exception>
    public ValueTask MutateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var steps = StepsOf(attributes).Mutating;
        for (var i = 0; i < steps.Length; i++)
        {
            var pending = steps[i].AdmitAsync(attributes, cancellationToken);
            if (!pending.IsCompletedSuccessfully)
            {
                return ContinueAsync(pending, steps, i + 1, attributes, cancellationToken);
            }
        }

        return default;

        static async ValueTask ContinueAsync(ValueTask pending, IMutatingAdmission[] steps, int next, AdmissionAttributes attributes, CancellationToken cancellationToken)
        {
            await pending;
            for (; next < steps.Length; next++)
            {
                await steps[next].AdmitAsync(attributes, cancellationToken);
            }

            // Only webhooks ask for a second round, and they are never done synchronously.
            if (attributes.NeedsReinvocation)
            {
                attributes.IsReinvocation = true;
                foreach (var step in steps)
                {
                    await step.AdmitAsync(attributes, cancellationToken);
                }
            }
        }
    }

    /// <summary>Runs the validating plugins: after validation, before the commit.</summary>
    /// <exception cref="Machinery.ApiException">The request is refused.</exception>
    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var steps = StepsOf(attributes).Validating;
        for (var i = 0; i < steps.Length; i++)
        {
            var pending = steps[i].ValidateAsync(attributes, cancellationToken);
            if (!pending.IsCompletedSuccessfully)
            {
                return ContinueAsync(pending, steps, i + 1, attributes, cancellationToken);
            }
        }

        return default;

        static async ValueTask ContinueAsync(ValueTask pending, IValidatingAdmission[] steps, int next, AdmissionAttributes attributes, CancellationToken cancellationToken)
        {
            await pending;
            for (; next < steps.Length; next++)
            {
                await steps[next].ValidateAsync(attributes, cancellationToken);
            }
        }
    }

    /// <summary>Whether anybody mutates such a request; if not, the pipeline need not prepare the attributes.</summary>
    public bool Mutates(AdmissionOperation operation, ResourceInfo resource, string subresource) => StepsOf(operation, resource, subresource).Mutating.Length > 0;

    /// <summary>Whether anybody validates such a request.</summary>
    public bool Validates(AdmissionOperation operation, ResourceInfo resource, string subresource) => StepsOf(operation, resource, subresource).Validating.Length > 0;

    private Steps StepsOf(AdmissionAttributes attributes) => StepsOf(attributes.Operation, attributes.Resource, attributes.Subresource);

    private Steps StepsOf(AdmissionOperation operation, ResourceInfo resource, string subresource)
    {
        var key = new Key(resource.Group, resource.Resource, subresource, operation);
        return _steps.TryGetValue(key, out var steps) ? steps : _steps.GetOrAdd(key, Choose(operation, resource, subresource));
    }

    private Steps Choose(AdmissionOperation operation, ResourceInfo resource, string subresource)
    {
        var caring = plugins.Where(p => p.Handles(operation, resource, subresource)).ToArray();
        return new(caring.OfType<IMutatingAdmission>().ToArray(), caring.OfType<IValidatingAdmission>().ToArray());
    }

    private readonly record struct Key(string Group, string Resource, string Subresource, AdmissionOperation Operation);

    private sealed record Steps(IMutatingAdmission[] Mutating, IValidatingAdmission[] Validating);
}
