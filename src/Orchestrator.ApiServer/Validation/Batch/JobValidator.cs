using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation.Apps;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>Jobs, and the job templates of cron jobs.</summary>
internal static class JobValidator
{
    private const int IndexedParallelismMax = 100_000;
    private const int ManyCompletions = 100_000;
    private const int FailedIndexesOfManyMax = 10_000;
    private const string Indexed = "Indexed";
    private const string UidLabel = "batch.kubernetes.io/controller-uid";
    private const string NameLabel = "batch.kubernetes.io/job-name";

    public static void Job(Job job, FieldErrorList errors)
    {
        Whole(job, requiresPrefixedLabels: true, errors);
    }

    /// <summary>The rules of a new Job, by which a changed one is held as well.</summary>
    private static void Whole(Job job, bool requiresPrefixedLabels, FieldErrorList errors)
    {
        GeneratedSelector(job, requiresPrefixedLabels, errors);
        SpecWithSelector(job, errors);
        if (job.Spec is { CompletionMode: Indexed, Completions: > 0 } && Formats.DnsLabel($"{job.Metadata.Name}-{job.Spec.Completions - 1}") is { Count: > 0 })
        {
            errors.Invalid(FieldPath.Metadata, "name", job.Metadata.Name,
                $"will not able to create pod with invalid DNS label: {job.Metadata.Name}-{job.Spec.Completions - 1}");
        }
    }

    private static void SpecWithSelector(Job job, FieldErrorList errors)
    {
        var path = FieldPath.Spec;
        Spec(job.Spec, path, errors);
        if (job.Spec.Selector is null)
        {
            errors.Missing(path, "selector");
        }
        else
        {
            SelectorValidator.Validate(job.Spec.Selector, path.Child("selector"), errors);
        }

        if (job.Spec.Selector is not { } selector || (Selectors.IsConvertible(selector) && !Selectors.Matches(selector, job.Spec.Template.Metadata.Labels)))
        {
            errors.Invalid(path.Child("template").Child("metadata"), "labels", WorkloadValidator.Labels(job.Spec.Template), "`selector` does not match template `labels`");
        }
    }

    public static void Spec(JobSpec spec, FieldPath path, FieldErrorList errors)
    {
        errors.NonNegative(path, "parallelism", spec.Parallelism);
        errors.NonNegative(path, "completions", spec.Completions);
        errors.NonNegative(path, "activeDeadlineSeconds", spec.ActiveDeadlineSeconds);
        errors.NonNegative(path, "backoffLimit", spec.BackoffLimit);
        errors.NonNegative(path, "ttlSecondsAfterFinished", spec.TtlSecondsAfterFinished);
        errors.NonNegative(path, "backoffLimitPerIndex", spec.BackoffLimitPerIndex);
        if (spec.MaxFailedIndexes is { } failures)
        {
            errors.NonNegative(path, "maxFailedIndexes", failures);
            if (spec.BackoffLimitPerIndex is null)
            {
                errors.Missing(path, "backoffLimitPerIndex", "when maxFailedIndexes is specified");
            }
        }

        if (spec.ManagedBy is { } manager)
        {
            DomainPath(manager, path, "managedBy", errors);
            if (manager.Length > 63)
            {
                errors.TooLong(path.Child("managedBy"), 63);
            }
        }

        Completion(spec, path, errors);
        if (spec.PodFailurePolicy is { } failurePolicy)
        {
            JobPolicyValidator.Failure(spec, failurePolicy, path.Child("podFailurePolicy"), errors);
        }

        if (spec.SuccessPolicy is { } success)
        {
            if (spec.CompletionMode != Indexed)
            {
                errors.Invalid(path, "successPolicy", new InternalValue(success), "requires indexed completion mode");
            }
            else
            {
                JobPolicyValidator.Success(spec, success, path.Child("successPolicy"), errors);
            }
        }

        if (spec.PodReplacementPolicy is { } replacement)
        {
            if (spec.PodFailurePolicy is not null)
            {
                errors.OneOf(path, "podReplacementPolicy", replacement, "Failed");
            }
            else
            {
                errors.OneOf(path, "podReplacementPolicy", replacement, "Failed", "TerminatingOrFailed");
            }
        }

        PodValidator.Template(spec.Template, path.Child("template"), errors);
        RestartPolicy(spec, path.Child("template").Child("spec"), errors);
    }

    public static void Update(Job job, Job old, FieldErrorList errors)
    {
        // Upstream holds a changed Job to the rules of a new one and then to the spec's again: each fault of the spec is two causes.
        var had = old.Spec.Template.Metadata.Labels;
        Whole(job, had.ContainsKey(UidLabel) && had.ContainsKey(NameLabel), errors);
        SpecWithSelector(job, errors);
        var (spec, before, path) = (job.Spec, old.Spec, FieldPath.Spec);
        Completions(spec, before, errors);
        errors.Immutable(path, "selector", spec.Selector, before.Selector);
        Template(job, old, errors);
        errors.Immutable(path, "completionMode", spec.CompletionMode, before.CompletionMode);
        Immutable("podFailurePolicy", spec.PodFailurePolicy, before.PodFailurePolicy);
        errors.Immutable(path, "backoffLimitPerIndex", spec.BackoffLimitPerIndex, before.BackoffLimitPerIndex);
        errors.Immutable(path, "managedBy", spec.ManagedBy, before.ManagedBy);
        Immutable("successPolicy", spec.SuccessPolicy, before.SuccessPolicy);

        void Immutable(string field, ApiStruct? now, ApiStruct? was)
        {
            if (!Semantic.Equal(now, was))
            {
                errors.Invalid(path, field, now is null ? null : new InternalValue(now), "field is immutable");
            }
        }
    }

    /// <summary><c>domain/path</c>, as managers and controllers are named.</summary>
    public static void DomainPath(string value, FieldPath path, string field, FieldErrorList errors)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (value.Length == 0)
        {
            errors.Missing(path, field);
        }
        else if (slash <= 0 || slash == value.Length - 1)
        {
            errors.Invalid(path, field, value, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        }
        else
        {
            errors.InvalidEach(path, field, value[..slash], Formats.DnsSubdomain(value[..slash]));
            if (value[(slash + 1)..].Any(static c => !char.IsAsciiLetterOrDigit(c) && !"/-._~%!$&'()*+,;=:".Contains(c, StringComparison.Ordinal)))
            {
                errors.Invalid(path, field, value[(slash + 1)..], "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
            }
        }
    }

    private static void Completion(JobSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.CompletionMode is not { } mode)
        {
            if (spec.BackoffLimitPerIndex is not null)
            {
                errors.Invalid(path, "backoffLimitPerIndex", spec.BackoffLimitPerIndex, "requires indexed completion mode");
            }

            if (spec.MaxFailedIndexes is not null)
            {
                errors.Invalid(path, "maxFailedIndexes", spec.MaxFailedIndexes, "requires indexed completion mode");
            }

            return;
        }

        if (mode is not ("NonIndexed" or Indexed))
        {
            errors.NotSupportedInOrder(path.Child("completionMode"), mode, "NonIndexed", Indexed);
        }

        if (mode == "NonIndexed")
        {
            if (spec.BackoffLimitPerIndex is not null)
            {
                errors.Invalid(path, "backoffLimitPerIndex", spec.BackoffLimitPerIndex, "requires indexed completion mode");
            }

            if (spec.MaxFailedIndexes is not null)
            {
                errors.Invalid(path, "maxFailedIndexes", spec.MaxFailedIndexes, "requires indexed completion mode");
            }
        }

        if (mode != Indexed)
        {
            return;
        }

        if (spec.Completions is null)
        {
            errors.Missing(path, "completions", "when completion mode is Indexed");
        }

        if (spec.Parallelism > IndexedParallelismMax)
        {
            errors.Invalid(path, "parallelism", spec.Parallelism, $"must be less than or equal to {IndexedParallelismMax} when completion mode is Indexed");
        }

        if (spec.Completions is { } completions && spec.MaxFailedIndexes is { } failures && failures > completions)
        {
            errors.Invalid(path, "maxFailedIndexes", failures, "must be less than or equal to completions");
        }

        if (spec.MaxFailedIndexes > IndexedParallelismMax)
        {
            errors.Invalid(path, "maxFailedIndexes", spec.MaxFailedIndexes, $"must be less than or equal to {IndexedParallelismMax}");
        }

        if (spec.Completions > ManyCompletions && spec.BackoffLimitPerIndex is not null)
        {
            if (spec.MaxFailedIndexes is null)
            {
                errors.Missing(path, "maxFailedIndexes", "must be specified when completions is above 100000");
            }

            if (spec.Parallelism > FailedIndexesOfManyMax)
            {
                errors.Invalid(path, "parallelism", spec.Parallelism, $"must be less than or equal to {FailedIndexesOfManyMax} when completions are above {ManyCompletions} and used with backoff limit per index");
            }

            if (spec.MaxFailedIndexes > FailedIndexesOfManyMax)
            {
                errors.Invalid(path, "maxFailedIndexes", spec.MaxFailedIndexes, $"must be less than or equal to {FailedIndexesOfManyMax} when completions are above {ManyCompletions} and used with backoff limit per index");
            }
        }
    }

    private static void RestartPolicy(JobSpec spec, FieldPath path, FieldErrorList errors)
    {
        var policy = spec.Template.Spec.RestartPolicy;
        if (policy is "" or "Always")
        {
            errors.Missing(path, "restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        }
        else if (policy is not ("OnFailure" or "Never"))
        {
            errors.NotSupportedInOrder(path.Child("restartPolicy"), policy, "OnFailure", "Never");
        }
        else if (spec.PodFailurePolicy is not null && policy != "Never")
        {
            errors.Invalid(path, "restartPolicy", policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
    }

    /// <summary>A selector that was not asked to be the user's own must match what is generated into the template.</summary>
    private static void GeneratedSelector(Job job, bool requiresPrefixedLabels, FieldErrorList errors)
    {
        if (job.Spec.ManualSelector == true || job.Spec.Selector is not { } selector)
        {
            return;
        }

        var (uid, name, path) = (job.Metadata.Uid, job.Metadata.Name, FieldPath.Spec);
        (string Key, string Value)[] expected = [("controller-uid", uid), ("job-name", name), (UidLabel, uid), (NameLabel, name)];
        if (!requiresPrefixedLabels)
        {
            expected = expected[..2];
        }

        var labels = job.Spec.Template.Metadata.Labels;
        foreach (var (key, value) in expected)
        {
            var at = path.Child("template").Child("metadata").Child("labels").Key(key);
            if (!labels.TryGetValue(key, out var own))
            {
                errors.Required(at, $"must be '{value}'");
            }
            else if (own != value)
            {
                errors.Invalid(at, labels, $"must be '{value}'");
            }
        }

        if (Selectors.IsConvertible(selector) && !Selectors.Matches(selector, ApiMap<string>.From(expected.Select(static e => KeyValuePair.Create(e.Key, e.Value)))))
        {
            errors.Invalid(path, "selector", selector, "`selector` not auto-generated");
        }
    }

    private static void Completions(JobSpec spec, JobSpec old, FieldErrorList errors)
    {
        if (spec.Completions == old.Completions)
        {
            return;
        }

        if (spec.CompletionMode == Indexed)
        {
            // That an indexed Job needs completions has been said already.
            if (spec.Completions is not null && spec.Completions != spec.Parallelism)
            {
                errors.Invalid(FieldPath.Spec, "completions", spec.Completions, "can only be modified in tandem with spec.parallelism");
            }
        }
        else
        {
            errors.Invalid(FieldPath.Spec, "completions", spec.Completions, "field is immutable");
        }
    }

    private static void Template(Job job, Job old, FieldErrorList errors)
    {
        var (template, before) = (job.Spec.Template, old.Spec.Template);
        if (Semantic.Equal(template, before))
        {
            return;
        }

        var suspended = old.Spec.Suspend == true && old.Status.Active == 0
            && (old.Status.StartTime is null || old.Status.Conditions.Any(static c => c is { Type: "Suspended", Status: "True" }));
        if (suspended)
        {
            template = template with
            {
                Metadata = template.Metadata with { Annotations = before.Metadata.Annotations, Labels = before.Metadata.Labels },
                Spec = template.Spec with
                {
                    NodeSelector = before.Spec.NodeSelector,
                    Tolerations = before.Spec.Tolerations,
                    SchedulingGates = before.Spec.SchedulingGates,
                    Affinity = WithNodeAffinity(template.Spec.Affinity, before.Spec.Affinity),
                    Containers = WithResources(template.Spec.Containers, before.Spec.Containers),
                    InitContainers = WithResources(template.Spec.InitContainers, before.Spec.InitContainers),
                },
            };
        }

        if (!Semantic.Equal(template, before))
        {
            errors.Invalid(FieldPath.Spec, "template", new InternalValue(job.Spec.Template), "field is immutable");
        }
    }

    private static Affinity? WithNodeAffinity(Affinity? affinity, Affinity? old)
    {
        var result = (affinity ?? new()) with { NodeAffinity = old?.NodeAffinity };
        return result.IsZero && old is null ? null : result;
    }

    private static ApiList<Container> WithResources(ApiList<Container> containers, ApiList<Container> old) =>
        containers.Select((c, i) => i < old.Count ? c with { Resources = old[i].Resources } : c).ToApiList();
}
