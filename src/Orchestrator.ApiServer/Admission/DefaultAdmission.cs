using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Admission.Plugins;
using Orchestrator.ApiServer.Admission.PodSecurity;
using Orchestrator.ApiServer.Admission.Quota;

namespace Orchestrator.ApiServer.Admission;

/// <summary>The plugins that upstream has on by default, in its order.</summary>
public static class DefaultAdmission
{
    /// <param name="objects">Where plugins find other objects.</param>
    /// <param name="quotas">Where usage is written.</param>
    /// <param name="rbac">Roles and bindings.</param>
    /// <param name="authorizers">For plugins that ask whether the user may.</param>
    /// <param name="random">Chooses generated names.</param>
    /// <param name="choice">Which of them are on.</param>
    /// <param name="extensions">Webhooks and policies, between the built-in plugins and the quota.</param>
    /// <exception cref="FormatException">The choice names a plugin that there is not.</exception>
    public static AdmissionChain Create(
        IObjectLister objects, IQuotaWriter quotas, RbacIndex rbac, AuthorizerChain authorizers, Random random, AdmissionChoice choice, params IReadOnlyList<IAdmissionPlugin> extensions) => new(
        [
            .. choice.Of(
            [
                new NamespaceLifecycle(objects),
                new LimitRanger(objects),
                new ServiceAccountAdmission(objects, random),
                new NodeRestriction(objects),
                new TaintNodesByCondition(),
                new PodSecurityAdmission(objects),
                new Priority(objects),
                new DefaultTolerationSeconds(),
                new DefaultStorageClass(objects),
                new StorageObjectInUseProtection(),
                new PersistentVolumeClaimResize(objects),
                new RuntimeClassAdmission(objects),
                CertificatePermission.Approval(authorizers),
                CertificatePermission.Signing(authorizers),
                new CertificateSubjectRestriction(),
                new DefaultIngressClass(objects),
                new PodTopologyLabels(objects),
                .. extensions,
                new ResourceQuotaAdmission(objects, quotas),
            ]),
            // No plugin by upstream's count: it cannot be off.
            new RoleEscalation(rbac, authorizers),
        ]);
}
