using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Access;

/// <summary>Writes that take more rights than the request itself.</summary>
public sealed class WriteAccessTests
{
    private const string Joe = "&{joe  [g] map[]}";

    private static readonly ParamKind Maps = new() { ApiVersion = "v1", Kind = "ConfigMap" };

    [Theory]
    [InlineData("get", "configmaps", true)]
    [InlineData("list", "configmaps", false)]
    public async Task A_policy_takes_no_kind_of_parameters_that_its_writer_cannot_read(string verb, string resource, bool allowed)
    {
        var trial = Trial(verb, "", resource);
        var policy = new ValidatingAdmissionPolicy { Metadata = new ObjectMeta { Name = "p" }, Spec = new() { ParamKind = Maps } };
        if (allowed)
        {
            await trial.CreateAsync(policy);
            return;
        }

        Assert.Equal(
            $"ValidatingAdmissionPolicy.admissionregistration.k8s.io \"p\" is invalid: spec.paramKind: Forbidden: user {Joe} must have \"get\" permission on all objects of the referenced paramKind"
            + " (kind=ConfigMap, apiVersion=v1)",
            await trial.RefusedAsync(policy));
        await trial.UpdateAsync(policy, policy);
    }

    [Theory]
    [InlineData("p", "x", "user " + Joe + " does not have \"get\" permission on the object referenced by paramRef")]
    [InlineData("p", "", "user " + Joe + " does not have \"list\" permission on the object referenced by paramRef")]
    [InlineData("gone", "x", "unable to get policy gone to determine minimum required permissions and user " + Joe + " does not have \"get\" permission for all groups, versions and resources")]
    [InlineData("odd", "x", "unable to resolve paramKind &{v1 Odd} to determine minimum required permissions and user " + Joe + " does not have \"get\" permission for all groups, versions and resources")]
    public async Task A_binding_refers_to_no_parameter_that_its_writer_cannot_read(string policy, string name, string why)
    {
        var trial = Trial("get", "", "secrets");
        trial.Objects.Put(new ValidatingAdmissionPolicy { Metadata = new ObjectMeta { Name = "p" }, Spec = new() { ParamKind = Maps } });
        trial.Objects.Put(new ValidatingAdmissionPolicy { Metadata = new ObjectMeta { Name = "odd" }, Spec = new() { ParamKind = Maps with { Kind = "Odd" } } });
        var binding = new ValidatingAdmissionPolicyBinding { Metadata = new ObjectMeta { Name = "b" }, Spec = new() { PolicyName = policy, ParamRef = new() { Name = name } } };
        Assert.Equal("ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io \"b\" is invalid: spec.paramRef: Forbidden: " + why, await trial.RefusedAsync(binding));
    }

    [Theory]
    [InlineData("update", "resourceclaims/binding", true, true)]
    [InlineData("update", "resourceclaims/status", true, false)]
    [InlineData("arbitrary-node:update", "resourceclaims/driver", false, true)]
    [InlineData("update", "resourceclaims/driver", false, false)]
    public async Task Parts_of_a_claims_status_are_for_schedulers_and_for_drivers(string verb, string resource, bool allocates, bool allowed)
    {
        var trial = Trial(verb, "resource.k8s.io", resource);
        var claim = new ResourceClaim { Metadata = new ObjectMeta { Namespace = "d", Name = "c" } };
        var changed = claim with
        {
            Status = allocates ? new() { ReservedFor = [new() { Resource = "pods", Name = "p", Uid = "u" }] } : new() { Devices = [new() { Driver = "d.x", Pool = "p", Device = "v" }] },
        };
        if (allowed)
        {
            await trial.UpdateAsync(changed, claim, "status");
            return;
        }

        Assert.Equal(
            "ResourceClaim.resource.k8s.io \"c\" is invalid: " + (allocates
                ? "status: Forbidden: changing status.allocation or status.reservedFor requires extra permission: resourceclaims.resource.k8s.io is forbidden:"
                    + " User \"joe\" cannot update resource \"resourceclaims/binding\" in API group \"resource.k8s.io\" at the cluster scope"
                : "status.devices: Forbidden: changing status.devices requires extra permission: resourceclaims.resource.k8s.io \"d.x\" is forbidden:"
                    + " User \"joe\" cannot arbitrary-node:update resource \"resourceclaims/driver\" in API group \"resource.k8s.io\" in the namespace \"d\""),
            await trial.RefusedAsync(changed, claim, "status"));
    }

    /// <summary>joe may do one thing everywhere.</summary>
    private static AdmissionTrial Trial(string verb, string group, string resource)
    {
        var trial = new AdmissionTrial { User = new UserInfo { Name = "joe", Groups = ["g"] } };
        trial.Rbac.Put(new ClusterRole { Metadata = new ObjectMeta { Name = "r" }, Rules = [new() { Verbs = [verb], ApiGroups = [group], Resources = [resource] }] });
        trial.Rbac.Put(new ClusterRoleBinding
        {
            Metadata = new ObjectMeta { Name = "b" },
            RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = "r" },
            Subjects = [new() { Kind = "User", ApiGroup = "rbac.authorization.k8s.io", Name = "joe" }],
        });
        return trial;
    }
}
