using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Access.Rbac;

/// <summary>
/// Nobody grants rights that he does not have: not by a role (unless he has the verb <c>escalate</c>), nor by a binding (unless <c>bind</c>).
/// </summary>
/// <remarks>
/// Upstream does this in the storage of these resources, before validation. Here it is the last of the mutating plugins, which is the same moment;
/// it changes nothing.
/// </remarks>
public sealed class RoleEscalation(RbacIndex index, AuthorizerChain authorizers) : IMutatingAdmission
{
    private const string Group = "rbac.authorization.k8s.io";

    private static readonly PolicyRule[] Everything =
    [
        new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] },
        new() { Verbs = ["*"], NonResourceURLs = ["*"] },
    ];

    public string Name => "RoleEscalation";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        resource.Group == Group && operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0;

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (Groups.IsMember(attributes.User, Groups.Masters) || OnlyReleases(attributes))
        {
            return default;
        }

        return attributes.Object switch
        {
            Role role => CheckRoleAsync(
                attributes, role.Rules, hasAggregation: false, unchanged: attributes.OldObject is Role old && old.Rules.Equals(role.Rules), cancellationToken),
            ClusterRole role => CheckRoleAsync(
                attributes,
                role.Rules,
                role.AggregationRule is not null || attributes.OldObject is ClusterRole { AggregationRule: not null },
                attributes.OldObject is ClusterRole old && old.Rules.Equals(role.Rules) && Equals(old.AggregationRule, role.AggregationRule),
                cancellationToken),
            RoleBinding binding => CheckBindingAsync(attributes, binding.RoleRef, cancellationToken),
            ClusterRoleBinding binding => CheckBindingAsync(attributes, binding.RoleRef, cancellationToken),
            _ => default,
        };
    }

    /// <summary>An update that only takes away owners or finalizers, as the garbage collector makes: what was granted before may go.</summary>
    private static bool OnlyReleases(AdmissionAttributes attributes)
    {
        if (attributes.Object is not ApiObject obj || attributes.OldObject is not ApiObject old || obj.Metadata.Equals(old.Metadata))
        {
            return false;
        }

        var metadata = obj.Metadata with
        {
            OwnerReferences = old.Metadata.OwnerReferences,
            Finalizers = old.Metadata.Finalizers,
            ManagedFields = old.Metadata.ManagedFields,
            ResourceVersion = old.Metadata.ResourceVersion,
        };
        return metadata.Equals(old.Metadata) && (obj.Metadata.OwnerReferences.Count != old.Metadata.OwnerReferences.Count || obj.Metadata.Finalizers.Count != old.Metadata.Finalizers.Count)
            && SameBody(obj, old);
    }

    private static bool SameBody(ApiObject obj, ApiObject old)
    {
        for (var i = ApiObject.MetadataSlot + 1; i < obj.Slots.Length; i++)
        {
            if (!Values.DeepEquals(obj.Slots[i], old.Slots[i]))
            {
                return false;
            }
        }

        return true;
    }

    private async ValueTask CheckRoleAsync(
        AdmissionAttributes attributes, ApiList<PolicyRule> rules, bool hasAggregation, bool unchanged, CancellationToken cancellationToken)
    {
        if (unchanged)
        {
            return;
        }

        var escalate = new AccessAttributes
        {
            User = attributes.User, Verb = "escalate", ApiGroup = Group, ApiVersion = "*", Resource = attributes.Resource.Resource,
            Namespace = attributes.Namespace, Name = attributes.Name,
        };
        if ((await authorizers.AuthorizeAsync(escalate, cancellationToken)).IsAllowed)
        {
            return;
        }

        Confirm(attributes, rules);
        if (hasAggregation && RuleCover.Missing(HeldBy(attributes), Everything).Count > 0)
        {
            throw Forbidden(attributes, "must have cluster-admin privileges to use the aggregationRule");
        }
    }

    private async ValueTask CheckBindingAsync(AdmissionAttributes attributes, RoleRef role, CancellationToken cancellationToken)
    {
        var bind = new AccessAttributes
        {
            User = attributes.User, Verb = "bind", ApiGroup = role.ApiGroup, ApiVersion = "*", Resource = role.Kind == "Role" ? "roles" : "clusterroles",
            Namespace = attributes.Namespace, Name = role.Name,
        };
        if (role.Kind is "Role" or "ClusterRole" && (await authorizers.AuthorizeAsync(bind, cancellationToken)).IsAllowed)
        {
            return;
        }

        var rules = index.FindRole(role.Kind == "Role" ? attributes.Namespace : "", role.Name)
            ?? throw Errors.NotFound(attributes.Resource.Group, attributes.Resource.Resource, role.Name);
        Confirm(attributes, rules.Select(static r => r.Source));
    }

    private void Confirm(AdmissionAttributes attributes, IEnumerable<PolicyRule> wanted)
    {
        var missing = RuleCover.Missing(HeldBy(attributes), wanted);
        if (missing.Count == 0)
        {
            return;
        }

        var lines = RuleCover.Compact(missing).Select(RuleCover.Describe).Distinct().Order(StringComparer.Ordinal);
        throw Forbidden(
            attributes,
            $"user {GoText.Quote(attributes.User.Name)} (groups={RuleCover.Describe(attributes.User.Groups)}) is attempting to grant RBAC permissions not currently held:\n{string.Join('\n', lines)}");
    }

    private List<PolicyRule> HeldBy(AdmissionAttributes attributes)
    {
        var held = new List<PolicyRule>();
        new RbacAuthorizer(index).AddRules(attributes.User, attributes.Namespace, held);
        return held;
    }

    private static ApiException Forbidden(AdmissionAttributes attributes, string why)
    {
        var name = attributes.Object is ApiObject obj && obj.Metadata.Name.Length > 0 ? obj.Metadata.Name : attributes.Name;
        return Errors.Forbidden(attributes.Resource.Group, attributes.Resource.Resource, name, why);
    }
}
