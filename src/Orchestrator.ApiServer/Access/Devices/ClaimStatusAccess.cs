using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Access.Devices;

/// <summary>
/// Who may write which part of a device claim's status: allocation and reservations take the request's verb on <c>resourceclaims/binding</c> of the whole cluster,
/// what a driver says of its devices takes <c>associated-node:VERB</c> or <c>arbitrary-node:VERB</c> on <c>resourceclaims/driver</c> of the driver's name.
/// </summary>
internal sealed class ClaimStatusAccess(AuthorizerChain authorizers) : IValidatingAdmission
{
    private const string Group = "resource.k8s.io";
    private const string NodeNameKey = "authentication.kubernetes.io/node-name";
    private const string AccountPrefix = "system:serviceaccount:";

    public string Name => "ClaimStatusAccess";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Update && subresource == "status" && resource is { Group: Group, Resource: "resourceclaims" };

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (Groups.IsMember(attributes.User, Groups.Masters) || attributes is not { Object: ResourceClaim { Status: var status } claim, OldObject: ResourceClaim { Status: var old } })
        {
            return default;
        }

        var isBinding = !Semantic.Equal(status.Allocation, old.Allocation) || !Semantic.Equal(status.ReservedFor, old.ReservedFor);
        var drivers = ChangedDrivers(status, old);
        return isBinding || drivers.Count > 0 ? CheckAsync(attributes, claim, isBinding, drivers, cancellationToken) : default;
    }

    private async ValueTask CheckAsync(AdmissionAttributes attributes, ResourceClaim claim, bool isBinding, IEnumerable<string> drivers, CancellationToken cancellationToken)
    {
        var errors = new FieldErrorList();
        var verb = attributes.Verb;
        var asked = new AccessAttributes { User = attributes.User, Verb = verb, ApiGroup = Group, ApiVersion = attributes.Resource.Version, Resource = "resourceclaims" };
        if (isBinding && await RefusalAsync(asked with { Subresource = "binding" }, cancellationToken) is { } refusal)
        {
            errors.Forbidden(FieldPath.Status, "changing status.allocation or status.reservedFor requires extra permission: " + refusal);
        }

        string[] verbs = IsOnNode(attributes.User, NodeOf(claim.Status.Allocation)) ? ["associated-node:" + verb, "arbitrary-node:" + verb] : ["arbitrary-node:" + verb];
        foreach (var driver in drivers)
        {
            string? first = null;
            foreach (var word in verbs)
            {
                if (await RefusalAsync(asked with { Verb = word, Subresource = "driver", Namespace = claim.Metadata.Namespace, Name = driver }, cancellationToken) is not { } fault)
                {
                    first = null;
                    break;
                }

                first ??= fault;
            }

            if (first is not null)
            {
                errors.Forbidden(FieldPath.Status, "devices", "changing status.devices requires extra permission: " + first);
            }
        }

        if (Errors.Invalid(Group, attributes.Resource.Kind, claim.Metadata.Name, errors) is { } invalid)
        {
            throw invalid;
        }
    }

    private async ValueTask<string?> RefusalAsync(AccessAttributes asked, CancellationToken cancellationToken)
    {
        var decision = await authorizers.AuthorizeAsync(asked, cancellationToken);
        if (decision.IsAllowed)
        {
            return null;
        }

        var why = decision.Error.Length > 0 && decision.Reason.Length > 0 ? decision.Error + ": " + decision.Reason : decision.Error + decision.Reason;
        return Errors.Forbidden(Group, asked.Resource, asked.Name, why.Length > 0 ? asked.ForbiddenMessage + ": " + why : asked.ForbiddenMessage).Message;
    }

    /// <summary>The drivers that have a device entered, removed or changed, by name.</summary>
    private static SortedSet<string> ChangedDrivers(ResourceClaimStatus status, ResourceClaimStatus old)
    {
        var changed = new SortedSet<string>(StringComparer.Ordinal);
        var before = new Dictionary<(string, string, string, string), AllocatedDeviceStatus>();
        foreach (var device in old.Devices)
        {
            before[Key(device)] = device;
        }

        foreach (var device in status.Devices)
        {
            if (!before.Remove(Key(device), out var was) || !Semantic.Equal(device, was))
            {
                changed.Add(device.Driver);
            }
        }

        changed.UnionWith(before.Values.Select(static d => d.Driver));
        return changed;

        static (string Driver, string Pool, string Device, string Share) Key(AllocatedDeviceStatus device) => (device.Driver, device.Pool, device.Device, device.ShareID ?? "");
    }

    /// <summary>The one node that an allocation is bound to by name; "" if it is not.</summary>
    private static string NodeOf(AllocationResult? allocation) =>
        allocation?.NodeSelector is { NodeSelectorTerms: [{ MatchExpressions.Count: 0, MatchFields: [{ Key: "metadata.name", Operator: "In", Values: [var node] }] }] } ? node : "";

    private static bool IsOnNode(UserInfo user, string node) =>
        node.Length > 0 && user.Name.StartsWith(AccountPrefix, StringComparison.Ordinal) && user.Extra.TryGetValue(NodeNameKey, out var names) && names is [var name] && name == node;
}
