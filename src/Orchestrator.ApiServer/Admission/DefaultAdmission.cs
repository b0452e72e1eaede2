using Orchestrator.ApiServer.Access.Devices;
using Orchestrator.ApiServer.Access.Policies;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Access.Webhooks;
using Orchestrator.ApiServer.Admission.EventRates;
using Orchestrator.ApiServer.Admission.ImagePolicies;
using Orchestrator.ApiServer.Admission.Plugins;
using Orchestrator.ApiServer.Admission.PodNodeSelectors;
using Orchestrator.ApiServer.Admission.PodSecurity;
using Orchestrator.ApiServer.Admission.PodTolerations;
using Orchestrator.ApiServer.Admission.Quota;

namespace Orchestrator.ApiServer.Admission;

/// <summary>The built-in plugins in upstream's order, and which of them are on by default.</summary>
internal static class DefaultAdmission
{
    private static readonly TimeSpan ImageReviewTimeout = TimeSpan.FromSeconds(30);

    private static readonly HashSet<string> OffByDefault =
    [
        "AlwaysAdmit", "NamespaceAutoProvision", "NamespaceExists", "LimitPodHardAntiAffinityTopology", "AlwaysPullImages", "ImagePolicyWebhook", "PodNodeSelector",
        "PodTolerationRestriction", "EventRateLimit", "ExtendedResourceToleration", "OwnerReferencesPermissionEnforcement", "DenyServiceExternalIPs", "AlwaysDeny",
    ];

    /// <param name="services">What the plugins work with.</param>
    /// <param name="choice">Which of them are on.</param>
    /// <param name="extensions">Webhooks and policies, between the built-in plugins and the quota.</param>
    /// <exception cref="FormatException">The choice names a plugin that there is not, or one that lacks its configuration.</exception>
    /// <exception cref="IOException">A plugin's file cannot be read.</exception>
    public static AdmissionChain Create(AdmissionServices services, AdmissionChoice choice, params IReadOnlyList<IAdmissionPlugin> extensions)
    {
        var (objects, config) = (services.Objects, choice.Config);
        (string Name, Func<IAdmissionPlugin> Make)[] all =
        [
            ("AlwaysAdmit", static () => new AlwaysAdmit()),
            ("NamespaceAutoProvision", () => new NamespaceAutoProvision(objects, services.Namespaces)),
            ("NamespaceLifecycle", () => new NamespaceLifecycle(objects)),
            ("NamespaceExists", () => new NamespaceExists(objects)),
            ("LimitPodHardAntiAffinityTopology", static () => new LimitPodHardAntiAffinityTopology()),
            ("LimitRanger", () => new LimitRanger(objects)),
            ("ServiceAccount", () => new ServiceAccountAdmission(objects, services.Random)),
            ("NodeRestriction", () => new NodeRestriction(objects)),
            ("TaintNodesByCondition", static () => new TaintNodesByCondition()),
            ("AlwaysPullImages", static () => new AlwaysPullImages()),
            ("ImagePolicyWebhook", () => ImagePolicy(config.ImagePolicy ?? throw Unconfigured("ImagePolicyWebhook"), services.Time)),
            ("PodSecurity", () => new PodSecurityAdmission(objects, config.PodSecurity)),
            ("PodNodeSelector", () => new PodNodeSelector(objects, config.NodeSelectors)),
            ("Priority", () => new Priority(objects)),
            ("DefaultTolerationSeconds", static () => new DefaultTolerationSeconds()),
            ("PodTolerationRestriction", () => new PodTolerationRestriction(objects, config.Tolerations)),
            ("EventRateLimit", () => new EventRateLimit(config.EventRates ?? throw Unconfigured("EventRateLimit"), services.Time)),
            ("ExtendedResourceToleration", static () => new ExtendedResourceToleration()),
            ("DefaultStorageClass", () => new DefaultStorageClass(objects)),
            ("StorageObjectInUseProtection", static () => new StorageObjectInUseProtection()),
            ("OwnerReferencesPermissionEnforcement", () => new OwnerReferencesPermissionEnforcement(services.Authorizers, services.Registry)),
            ("PersistentVolumeClaimResize", () => new PersistentVolumeClaimResize(objects)),
            ("RuntimeClass", () => new RuntimeClassAdmission(objects)),
            ("CertificateApproval", () => CertificatePermission.Approval(services.Authorizers)),
            ("CertificateSigning", () => CertificatePermission.Signing(services.Authorizers)),
            ("CertificateSubjectRestriction", static () => new CertificateSubjectRestriction()),
            ("DefaultIngressClass", () => new DefaultIngressClass(objects)),
            ("PodTopologyLabels", () => new PodTopologyLabels(objects)),
            ("NodeDeclaredFeatureValidator", () => new NodeDeclaredFeatureValidator(objects)),
            ("DenyServiceExternalIPs", static () => new DenyServiceExternalIPs()),
            .. extensions.Select(static e => (e.Name, Make: (Func<IAdmissionPlugin>)(() => e))),
            ("ResourceQuota", () => new ResourceQuotaAdmission(objects, services.Quotas, config.LimitedResources)),
            ("AlwaysDeny", static () => new AlwaysDeny()),
        ];
        var on = choice.Of(all.Select(static p => p.Name).ToArray(), OffByDefault);

        // What asks for more rights than the request itself is no plugin by upstream's count: it cannot be off.
        return new([new PolicyParameterAccess(objects, services.Registry, services.Authorizers), new ClaimStatusAccess(services.Authorizers), .. all.Where(p => on.Contains(p.Name)).Select(static p => p.Make()), new RoleEscalation(services.Rbac, services.Authorizers)]);
    }

    private static ImagePolicyWebhook ImagePolicy(ImagePolicyOptions options, TimeProvider time) =>
        new(options, new ReviewClient(options.KubeconfigFile, ImageReviewTimeout, time, options.RetryBackoff), time);

    private static FormatException Unconfigured(string plugin) => new($"admission plugin {plugin} needs its configuration in --admission-control-config-file");
}
