using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Access.Policies;

/// <summary>
/// Policies read parameters in everybody's name, so nobody may write one that reads what he cannot: a policy with a <c>paramKind</c> takes <c>get</c> on all
/// objects of that kind, a binding with a <c>paramRef</c> takes <c>get</c> (or <c>list</c>, for a selector) on what it refers to.
/// </summary>
/// <remarks>Upstream asks at the end of these kinds' validation, when nothing else is wrong; that is the moment before the validating plugins.</remarks>
internal sealed class PolicyParameterAccess(IObjectLister objects, ResourceRegistry registry, AuthorizerChain authorizers) : IValidatingAdmission
{
    private const string All = "*";

    public string Name => "PolicyParameterAccess";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        resource.Group == "admissionregistration.k8s.io" && subresource.Length == 0 && operation is AdmissionOperation.Create or AdmissionOperation.Update
        && resource.Resource is "validatingadmissionpolicies" or "validatingadmissionpolicybindings" or "mutatingadmissionpolicies" or "mutatingadmissionpolicybindings";

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) => attributes.Object switch
    {
        _ when Groups.IsMember(attributes.User, Groups.Masters) => default,
        ValidatingAdmissionPolicy policy => KindAsync(attributes, policy.Spec.ParamKind, (attributes.OldObject as ValidatingAdmissionPolicy)?.Spec.ParamKind, cancellationToken),
        MutatingAdmissionPolicy policy => KindAsync(attributes, policy.Spec.ParamKind, (attributes.OldObject as MutatingAdmissionPolicy)?.Spec.ParamKind, cancellationToken),
        ValidatingAdmissionPolicyBinding { Spec: { ParamRef: { } reference } spec } =>
            attributes.OldObject is ValidatingAdmissionPolicyBinding old && reference.Equals(old.Spec.ParamRef) && spec.PolicyName == old.Spec.PolicyName
                ? default
                : ReferenceAsync(attributes, reference, spec.PolicyName, objects.Get<ValidatingAdmissionPolicy>("", spec.PolicyName) is { } policy ? (true, policy.Spec.ParamKind) : default, cancellationToken),
        MutatingAdmissionPolicyBinding { Spec: { ParamRef: { } reference } spec } =>
            attributes.OldObject is MutatingAdmissionPolicyBinding old && reference.Equals(old.Spec.ParamRef) && spec.PolicyName == old.Spec.PolicyName
                ? default
                : ReferenceAsync(attributes, reference, spec.PolicyName, objects.Get<MutatingAdmissionPolicy>("", spec.PolicyName) is { } policy ? (true, policy.Spec.ParamKind) : default, cancellationToken),
        _ => default,
    };

    private async ValueTask KindAsync(AdmissionAttributes attributes, ParamKind? kind, ParamKind? old, CancellationToken cancellationToken)
    {
        if (kind is null || kind.Equals(old))
        {
            return;
        }

        var (asked, _) = ResourceOf(attributes.User, kind);
        if (!(await authorizers.AuthorizeAsync(asked with { Verb = "get", Name = All, Namespace = All }, cancellationToken)).IsAllowed)
        {
            throw Refusal(attributes, "paramKind",
                $"user {Describe(attributes.User)} must have \"get\" permission on all objects of the referenced paramKind (kind={kind.Kind}, apiVersion={kind.ApiVersion})");
        }
    }

    private async ValueTask ReferenceAsync(
        AdmissionAttributes attributes, ParamRef reference, string policyName, (bool IsFound, ParamKind? Kind) policy, CancellationToken cancellationToken)
    {
        var (asked, isKnown) = policy.Kind is { } kind ? ResourceOf(attributes.User, kind) : (Everything(attributes.User), true);
        var verb = reference.Name.Length > 0 ? "get" : "list";
        if ((await authorizers.AuthorizeAsync(asked with { Verb = verb, Name = reference.Name, Namespace = reference.Namespace }, cancellationToken)).IsAllowed)
        {
            return;
        }

        var user = Describe(attributes.User);
        var missing = $" to determine minimum required permissions and user {user} does not have \"{verb}\" permission for all groups, versions and resources";
        throw Refusal(attributes, "paramRef",
            !policy.IsFound ? $"unable to get policy {policyName}{missing}"
            : policy.Kind is { } unparsed && !IsGroupVersion(unparsed.ApiVersion) ? $"unable to parse paramKind {Describe(unparsed)}{missing}"
            : !isKnown ? $"unable to resolve paramKind {Describe(policy.Kind!)}{missing}"
            // Upstream swaps the two for mutating policies.
            : attributes.Object is MutatingAdmissionPolicyBinding ? $"user {verb} does not have \"{user}\" permission on the object referenced by paramRef"
            : $"user {user} does not have \"{verb}\" permission on the object referenced by paramRef");
    }

    /// <summary>What is asked about a kind: its resource, as far as it can be found out; else everything.</summary>
    private (AccessAttributes Asked, bool IsKnown) ResourceOf(UserInfo user, ParamKind kind)
    {
        var all = Everything(user);
        if (!IsGroupVersion(kind.ApiVersion))
        {
            return (all, false);
        }

        var slash = kind.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        all = all with { ApiGroup = slash < 0 ? "" : kind.ApiVersion[..slash], ApiVersion = kind.ApiVersion[(slash + 1)..] };
        return registry.FindKind(kind.ApiVersion, kind.Kind) is { } resource ? (all with { Resource = resource.Info.Resource }, true) : (all, false);
    }

    private static AccessAttributes Everything(UserInfo user) => new() { User = user, Verb = "get", ApiGroup = All, ApiVersion = All, Resource = All };

    private static bool IsGroupVersion(string apiVersion) => apiVersion.AsSpan().Count('/') < 2;

    private static ApiException Refusal(AdmissionAttributes attributes, string field, string why)
    {
        var errors = new FieldErrorList();
        errors.Forbidden(FieldPath.Spec, field, why);
        return Errors.Invalid(attributes.Resource.Group, attributes.Resource.Kind, ((ApiObject)attributes.Object!).Metadata.Name, errors)!;
    }

    /// <summary>As Go prints what a pointer to the kind's two fields points to.</summary>
    private static string Describe(ParamKind kind) => $"&{{{kind.ApiVersion} {kind.Kind}}}";

    /// <summary>As Go prints what a pointer to a user points to: name, uid, groups and extra.</summary>
    private static string Describe(UserInfo user)
    {
        var extra = user.Extra.OrderBy(static e => e.Key, StringComparer.Ordinal).Select(static e => $"{e.Key}:[{string.Join(' ', e.Value)}]");
        return $"&{{{user.Name} {user.Uid} [{string.Join(' ', user.Groups)}] map[{string.Join(' ', extra)}]}}";
    }
}
