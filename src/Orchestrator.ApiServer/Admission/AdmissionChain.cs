using System.Collections.Concurrent;
using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Admission;

/// <summary>All plugins in upstream's order. Which of them care about a resource is found out once, so others cost nothing.</summary>
public sealed class AdmissionChain(IReadOnlyList<IAdmissionPlugin> plugins)
{
    private static readonly Step AdmitStep = Admit;
    private static readonly Step ValidateStep = Validate;
    private readonly ConcurrentDictionary<Key, Steps> _steps = [];

    /// <summary>Times the plugins; set before the first request. Null times nothing.</summary>
    internal AdmissionInstruments? Instruments { get; set; }

    /// <summary>Runs the mutating plugins: before validation, and on an update after the patch is applied.</summary>
    /// <exception cref="ApiException">The request is refused.</exception>
    public ValueTask MutateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        RunAsync(StepsOf(attributes).Mutating, attributes, AdmitStep, cancellationToken);

    /// <summary>Runs the validating plugins: after validation, before the commit.</summary>
    /// <exception cref="ApiException">The request is refused.</exception>
    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        RunAsync(StepsOf(attributes).Validating, attributes, ValidateStep, cancellationToken);

    /// <summary>Whether anybody mutates such a request; if not, the pipeline need not prepare the attributes.</summary>
    public bool Mutates(AdmissionOperation operation, ResourceInfo resource, string subresource) => StepsOf(operation, resource, subresource).Mutating.Plugins.Length > 0;

    /// <summary>Whether anybody validates such a request.</summary>
    public bool Validates(AdmissionOperation operation, ResourceInfo resource, string subresource) => StepsOf(operation, resource, subresource).Validating.Plugins.Length > 0;

    private Steps StepsOf(AdmissionAttributes attributes) => StepsOf(attributes.Operation, attributes.Resource, attributes.Subresource);

    private Steps StepsOf(AdmissionOperation operation, ResourceInfo resource, string subresource)
    {
        var key = new Key(resource.Group, resource.Resource, subresource, operation);
        return _steps.TryGetValue(key, out var steps) ? steps : _steps.GetOrAdd(key, Choose(operation, resource, subresource));
    }

    private static ValueTask Admit(IAdmissionPlugin plugin, AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        ((IMutatingAdmission)plugin).AdmitAsync(attributes, cancellationToken);

    private static ValueTask Validate(IAdmissionPlugin plugin, AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        ((IValidatingAdmission)plugin).ValidateAsync(attributes, cancellationToken);

    /// <summary>Runs steps one after the other, without a state machine for as long as each is done at once.</summary>
    private static ValueTask RunAsync(Sequence sequence, AdmissionAttributes attributes, Step run, CancellationToken cancellationToken)
    {
        var (plugins, timers) = (sequence.Plugins, sequence.Timers);
        var startedAt = timers?.Now ?? 0;
        var pluginStartedAt = startedAt;
        var i = 0;
        try
        {
            for (; i < plugins.Length; i++)
            {
                var pending = run(plugins[i], attributes, cancellationToken);
                if (!pending.IsCompletedSuccessfully)
                {
                    return ContinueAsync(pending, i, pluginStartedAt, startedAt, sequence, attributes, run, cancellationToken);
                }

                pluginStartedAt = timers?.Passed(i, pluginStartedAt) ?? 0;
            }
        }
        catch (ApiException)
        {
            Record(attributes);
            timers?.Refused(i, pluginStartedAt, startedAt);
            throw;
        }

        Record(attributes);
        timers?.AllPassed(startedAt);
        if (attributes.NeedsReinvocation && !attributes.IsReinvocation && ReferenceEquals(run, AdmitStep))
        {
            attributes.IsReinvocation = true;
            return RunAsync(sequence, attributes, run, cancellationToken);
        }

        return default;
    }

    private static async ValueTask ContinueAsync(
        ValueTask pending, int i, long pluginStartedAt, long startedAt, Sequence sequence, AdmissionAttributes attributes, Step run, CancellationToken cancellationToken)
    {
        var (plugins, timers) = (sequence.Plugins, sequence.Timers);
        try
        {
            while (true)
            {
                await pending;
                pluginStartedAt = timers?.Passed(i, pluginStartedAt) ?? 0;
                if (++i == plugins.Length)
                {
                    break;
                }

                pending = run(plugins[i], attributes, cancellationToken);
            }

            // Only webhooks and policies ask for a second round.
            if (attributes.NeedsReinvocation && !attributes.IsReinvocation && ReferenceEquals(run, AdmitStep))
            {
                attributes.IsReinvocation = true;
                for (i = 0; i < plugins.Length; i++)
                {
                    await run(plugins[i], attributes, cancellationToken);
                }
            }
        }
        catch (ApiException)
        {
            Record(attributes);
            timers?.Refused(Math.Min(i, plugins.Length - 1), pluginStartedAt, startedAt);
            throw;
        }

        Record(attributes);
        timers?.AllPassed(startedAt);
    }

    /// <summary>Hands what plugins have noted to the audit log.</summary>
    private static void Record(AdmissionAttributes attributes)
    {
        if (attributes.Audit is not { } audit || attributes.AuditAnnotations.Count == 0)
        {
            return;
        }

        foreach (var (key, value) in attributes.AuditAnnotations)
        {
            audit.Annotate(key, value);
        }
    }

    private Steps Choose(AdmissionOperation operation, ResourceInfo resource, string subresource)
    {
        var caring = plugins.Where(p => p.Handles(operation, resource, subresource)).ToArray();
        return new(
            SequenceOf(caring.Where(static p => p is IMutatingAdmission).ToArray(), operation, "admit"),
            SequenceOf(caring.Where(static p => p is IValidatingAdmission).ToArray(), operation, "validate"));
    }

    private Sequence SequenceOf(IAdmissionPlugin[] plugins, AdmissionOperation operation, string type) =>
        new(plugins, Instruments?.Timers(plugins.Select(static p => p.Name).ToArray(), operation, type));

    private delegate ValueTask Step(IAdmissionPlugin plugin, AdmissionAttributes attributes, CancellationToken cancellationToken);

    private readonly record struct Key(string Group, string Resource, string Subresource, AdmissionOperation Operation);

    private sealed record Sequence(IAdmissionPlugin[] Plugins, AdmissionTimers? Timers);

    private sealed record Steps(Sequence Mutating, Sequence Validating);
}
