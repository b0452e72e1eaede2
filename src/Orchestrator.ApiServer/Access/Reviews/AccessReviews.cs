using Orchestrator.Api;
using Orchestrator.Api.Authorization.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Access.Reviews;

/// <summary>Answers questions about access: SubjectAccessReview and its kin. Nothing is stored.</summary>
public sealed class AccessReviews(AuthorizerChain authorizers)
{
    private const string Group = "authorization.k8s.io";
    private const string ApiVersion = Group + "/v1";

    /// <exception cref="ApiException">422: the question is incomplete.</exception>
    public async ValueTask<SubjectAccessReview> ReviewAsync(SubjectAccessReview review, CancellationToken cancellationToken)
    {
        var faults = new FieldErrorList();
        CheckSubject(review.Spec, faults);
        CheckMetadata(review.Metadata, "", faults);
        ThrowIfAny(faults);
        return review with
        {
            Kind = "SubjectAccessReview",
            ApiVersion = ApiVersion,
            Status = await AskAsync(UserOf(review.Spec), review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes, cancellationToken),
        };
    }

    /// <param name="review">The question.</param>
    /// <param name="ns">The namespace of the path.</param>
    /// <param name="cancellationToken">Ends the wait for a foreign authority.</param>
    /// <exception cref="ApiException">422: the question is incomplete, or about another namespace.</exception>
    public async ValueTask<LocalSubjectAccessReview> ReviewAsync(LocalSubjectAccessReview review, string ns, CancellationToken cancellationToken)
    {
        var faults = new FieldErrorList();
        CheckSubject(review.Spec, faults);
        CheckMetadata(review.Metadata, ns, faults);
        if (review.Spec.ResourceAttributes is { } resource && resource.Namespace != ns)
        {
            faults.Invalid(FieldPath.Spec.Child("resourceAttributes", "namespace"), resource.Namespace, "must match metadata.namespace");
        }

        if (review.Spec.NonResourceAttributes is { } path)
        {
            faults.Invalid(FieldPath.Spec.Child("nonResourceAttributes"), Shown(path), "disallowed on this kind of request");
        }

        ThrowIfAny(faults);
        return review with
        {
            Kind = "LocalSubjectAccessReview",
            ApiVersion = ApiVersion,
            Metadata = review.Metadata with { Namespace = ns },
            Status = await AskAsync(UserOf(review.Spec), review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes, cancellationToken),
        };
    }

    /// <exception cref="ApiException">422: the question is incomplete.</exception>
    public async ValueTask<SelfSubjectAccessReview> ReviewAsync(SelfSubjectAccessReview review, UserInfo user, CancellationToken cancellationToken)
    {
        var faults = new FieldErrorList();
        CheckWhat(review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes, faults);
        CheckSelectors(review.Spec.ResourceAttributes, faults);
        CheckMetadata(review.Metadata, "", faults);
        ThrowIfAny(faults);
        return review with
        {
            Kind = "SelfSubjectAccessReview",
            ApiVersion = ApiVersion,
            Status = await AskAsync(user, review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes, cancellationToken),
        };
    }

    /// <exception cref="ApiException">400: no namespace.</exception>
    public SelfSubjectRulesReview Review(SelfSubjectRulesReview review, UserInfo user)
    {
        if (review.Spec.Namespace.Length == 0)
        {
            throw Errors.BadRequest("no namespace on request");
        }

        var rules = new List<PolicyRule>();
        var why = authorizers.AddRules(user, review.Spec.Namespace, rules);
        return new SelfSubjectRulesReview
        {
            Kind = "SelfSubjectRulesReview",
            ApiVersion = ApiVersion,
            Status = new SubjectRulesReviewStatus
            {
                ResourceRules = rules.Where(static r => r.Resources.Count > 0)
                    .Select(static r => new ResourceRule { Verbs = r.Verbs, ApiGroups = r.ApiGroups, Resources = r.Resources, ResourceNames = r.ResourceNames })
                    .ToApiList(),
                NonResourceRules = rules.Where(static r => r.NonResourceURLs.Count > 0)
                    .Select(static r => new NonResourceRule { Verbs = r.Verbs, NonResourceURLs = r.NonResourceURLs })
                    .ToApiList(),
                Incomplete = why.Length > 0,
                EvaluationError = why,
            },
        };
    }

    private async ValueTask<SubjectAccessReviewStatus> AskAsync(UserInfo user, ResourceAttributes? resource, NonResourceAttributes? path, CancellationToken cancellationToken)
    {
        var attributes = resource is not null
            ? new AccessAttributes
            {
                User = user, Verb = resource.Verb, Namespace = resource.Namespace, ApiGroup = resource.Group, ApiVersion = resource.Version,
                Resource = resource.Resource, Subresource = resource.Subresource, Name = resource.Name,
                FieldRequirements = resource.FieldSelector is { } fields ? fields.RawSelector.Length > 0 ? SelectorRequirements.OfFields(fields.RawSelector) : fields.Requirements : [],
                LabelRequirements = resource.LabelSelector is { } labels ? labels.RawSelector.Length > 0 ? SelectorRequirements.OfLabels(labels.RawSelector) : labels.Requirements : [],
            }
            : new AccessAttributes { User = user, Verb = path!.Verb, IsResource = false, Path = path.Path };
        var decision = await authorizers.AuthorizeAsync(attributes, cancellationToken);
        return new SubjectAccessReviewStatus
        {
            Allowed = decision.IsAllowed,
            Denied = decision.Verdict == AccessVerdict.Deny,
            Reason = decision.Reason,
            EvaluationError = decision.Error,
        };
    }

    private static UserInfo UserOf(SubjectAccessReviewSpec spec) => new()
    {
        Name = spec.User,
        Uid = spec.Uid,
        Groups = spec.Groups,
        Extra = spec.Extra.ToDictionary(static e => e.Key, static e => (IReadOnlyList<string>)e.Value),
    };

    private static void CheckSubject(SubjectAccessReviewSpec spec, FieldErrorList faults)
    {
        CheckWhat(spec.ResourceAttributes, spec.NonResourceAttributes, faults);
        if (spec.User.Length == 0 && spec.Groups.Count == 0)
        {
            faults.Invalid(FieldPath.Spec.Child("user"), "", "at least one of user or group must be specified");
        }

        CheckSelectors(spec.ResourceAttributes, faults);
    }

    /// <summary>Selectors are given as a text or as requirements, never as both.</summary>
    private static void CheckSelectors(ResourceAttributes? resource, FieldErrorList faults)
    {
        var path = FieldPath.Spec.Child("resourceAttributes");
        if (resource?.FieldSelector is { } fields)
        {
            Either(fields.RawSelector, fields.Requirements.Count, path.Child("fieldSelector"));
            for (var i = 0; i < fields.Requirements.Count; i++)
            {
                SelectorValidator.Requirement(fields.Requirements[i], path.Child("fieldSelector", "requirements").Index(i), faults);
            }
        }

        if (resource?.LabelSelector is { } labels)
        {
            Either(labels.RawSelector, labels.Requirements.Count, path.Child("labelSelector"));
            for (var i = 0; i < labels.Requirements.Count; i++)
            {
                SelectorValidator.Requirement(labels.Requirements[i], path.Child("labelSelector", "requirements").Index(i), faults, allowUnknownOperator: true);
            }
        }

        void Either(string raw, int requirements, FieldPath at)
        {
            if (raw.Length > 0 && requirements > 0)
            {
                faults.Invalid(at, "rawSelector", raw, "may not specified at the same time as requirements");
            }

            if (raw.Length == 0 && requirements == 0)
            {
                faults.Missing(at, "requirements", $"when {at} is specified, requirements or rawSelector is required");
            }
        }
    }

    private static void CheckWhat(ResourceAttributes? resource, NonResourceAttributes? path, FieldErrorList faults)
    {
        if (resource is not null && path is not null)
        {
            faults.Invalid(FieldPath.Spec.Child("nonResourceAttributes"), Shown(path), "cannot be specified in combination with resourceAttributes");
        }
        else if (resource is null && path is null)
        {
            faults.Invalid(FieldPath.Spec.Child("resourceAttributes"), null, "exactly one of nonResourceAttributes or resourceAttributes must be specified");
        }
    }

    /// <summary>A review is not an object: its metadata says nothing, apart from a local one's namespace and what the server put there.</summary>
    private static void CheckMetadata(ObjectMeta metadata, string ns, FieldErrorList faults)
    {
        var rest = metadata with { ManagedFields = [] };
        if (ns.Length > 0)
        {
            rest = rest with { Namespace = "" };
        }

        if (!rest.IsZero)
        {
            faults.Invalid(FieldPath.Metadata, metadata, ns.Length > 0 ? "must be empty except for namespace" : "must be empty");
        }
    }

    /// <summary>Upstream prints this structure with Go's names.</summary>
    private static RawJson Shown(NonResourceAttributes path) =>
        RawJson.Of(ApiMap<object?>.From([KeyValuePair.Create<string, object?>("Path", path.Path), KeyValuePair.Create<string, object?>("Verb", path.Verb)]));

    private static void ThrowIfAny(FieldErrorList faults)
    {
        if (Errors.Invalid(Group, "", "", faults) is { } invalid)
        {
            throw invalid;
        }
    }
}
