using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>Keeps pods to the level that their namespace's labels ask; warns about workloads whose pods would be refused, and about levels that existing pods violate.</summary>
internal sealed class PodSecurityAdmission(IObjectLister objects, PodSecurityOptions options) : IValidatingAdmission
{
    /// <summary>A namespace's new level is tried on this many of its pods at most, as upstream does.</summary>
    private const int ExistingPodsMax = 3000;

    public string Name => "PodSecurity";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && (resource.Group, resource.Resource) switch
        {
            ("", "pods") => subresource is "" or "ephemeralcontainers" or "resize",
            ("", "namespaces" or "podtemplates" or "replicationcontrollers") => subresource.Length == 0,
            ("apps", "replicasets" or "deployments" or "statefulsets" or "daemonsets") => subresource.Length == 0,
            ("batch", "jobs" or "cronjobs") => subresource.Length == 0,
            _ => false,
        };

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        switch (attributes.Object)
        {
            case Namespace ns:
                CheckNamespace(ns, attributes);
                break;
            case Pod pod:
                if (attributes.OldObject is not Pod old || IsSignificant(pod, old))
                {
                    Check(pod.Metadata, pod.Spec, attributes, enforce: true);
                }

                break;
            case PodTemplate template:
                Check(template.Template.Metadata, template.Template.Spec, attributes, enforce: false);
                break;
            case ReplicationController { Spec.Template: { } template }:
                Check(template.Metadata, template.Spec, attributes, enforce: false);
                break;
            case ReplicaSet set:
                Check(set.Spec.Template.Metadata, set.Spec.Template.Spec, attributes, enforce: false);
                break;
            case Deployment deployment:
                Check(deployment.Spec.Template.Metadata, deployment.Spec.Template.Spec, attributes, enforce: false);
                break;
            case StatefulSet set:
                Check(set.Spec.Template.Metadata, set.Spec.Template.Spec, attributes, enforce: false);
                break;
            case DaemonSet set:
                Check(set.Spec.Template.Metadata, set.Spec.Template.Spec, attributes, enforce: false);
                break;
            case Job job:
                Check(job.Spec.Template.Metadata, job.Spec.Template.Spec, attributes, enforce: false);
                break;
            case CronJob job:
                Check(job.Spec.JobTemplate.Spec.Template.Metadata, job.Spec.JobTemplate.Spec.Template.Spec, attributes, enforce: false);
                break;
        }

        return default;
    }

    private void Check(ObjectMeta metadata, PodSpec spec, AdmissionAttributes attributes, bool enforce)
    {
        if (objects.Get<Namespace>("", attributes.Namespace) is not { } ns)
        {
            return;
        }

        var exempt = options.Namespaces.Contains(attributes.Namespace) ? "namespace"
            : options.Usernames.Contains(attributes.User.Name) ? "user"
            : spec.RuntimeClassName is { } runtimeClass && options.RuntimeClasses.Contains(runtimeClass) ? "runtimeClass"
            : null;
        if (exempt is not null)
        {
            attributes.AuditAnnotations["pod-security.kubernetes.io/exempt"] = exempt;
            return;
        }

        var policy = PolicyOf(ns.Metadata.Labels, faults: null);
        if (policy.IsPrivileged)
        {
            return;
        }

        if (policy.Audit.Level != SecurityLevel.Privileged && SecurityStandard.Evaluate(policy.Audit, metadata, spec) is { Count: > 0 } audited)
        {
            attributes.AuditAnnotations["pod-security.kubernetes.io/audit-violations"] =
                $"would violate PodSecurity \"{policy.Audit}\": {SecurityViolation.Describe(audited)}";
        }

        if (enforce)
        {
            attributes.AuditAnnotations["pod-security.kubernetes.io/enforce-policy"] = policy.Enforce.ToString();
            if (SecurityStandard.Evaluate(policy.Enforce, metadata, spec) is { Count: > 0 } violations)
            {
                throw attributes.Forbidden($"violates PodSecurity \"{policy.Enforce}\": {SecurityViolation.Describe(violations)}");
            }
        }

        if (policy.Warn.Level != SecurityLevel.Privileged && SecurityStandard.Evaluate(policy.Warn, metadata, spec) is { Count: > 0 } warned)
        {
            attributes.Warnings.Add($"would violate PodSecurity \"{policy.Warn}\": {SecurityViolation.Describe(warned)}");
        }
    }

    /// <summary>What the labels say, and the configuration where they say nothing.</summary>
    private NamespacePolicy PolicyOf(ApiMap<string> labels, FieldErrorList? faults)
    {
        foreach (var (name, value) in options.Defaults)
        {
            labels = labels.ContainsKey(name) ? labels : labels.With(name, value);
        }

        return NamespacePolicy.Read(labels, faults);
    }

    private void CheckNamespace(Namespace ns, AdmissionAttributes attributes)
    {
        var faults = new FieldErrorList();
        var policy = PolicyOf(ns.Metadata.Labels, faults);
        if (attributes.OldObject is not Namespace old)
        {
            if (Errors.Invalid("", "Namespace", ns.Metadata.Name, faults) is { } invalid)
            {
                throw invalid;
            }

            return;
        }

        // Faults that were there before do not stop other changes.
        var oldFaults = new FieldErrorList();
        var oldPolicy = PolicyOf(old.Metadata.Labels, oldFaults);
        if (faults.Count > 0)
        {
            if (oldFaults.Count == 0)
            {
                throw Errors.Invalid("", "Namespace", ns.Metadata.Name, faults)!;
            }

            return;
        }

        if (policy.Enforce == oldPolicy.Enforce || policy.Enforce.Level == SecurityLevel.Privileged
            || (policy.Enforce.Minor == oldPolicy.Enforce.Minor && policy.Enforce.Level < oldPolicy.Enforce.Level)
            || options.Namespaces.Contains(ns.Metadata.Name))
        {
            return;
        }

        WarnOfExisting(ns.Metadata.Name, policy.Enforce, attributes.Warnings);
    }

    private void WarnOfExisting(string ns, LevelVersion level, List<string> warnings)
    {
        var violating = new Dictionary<string, (string First, int Count)>(StringComparer.Ordinal);
        var checkedPods = 0;
        foreach (var pod in objects.List<Pod>(ns))
        {
            if (++checkedPods > ExistingPodsMax)
            {
                break;
            }

            var reasons = SecurityViolation.Reasons(SecurityStandard.Evaluate(level, pod.Metadata, pod.Spec));
            if (reasons.Length > 0)
            {
                violating[reasons] = violating.TryGetValue(reasons, out var known) ? known with { Count = known.Count + 1 } : (pod.Metadata.Name, 1);
            }
        }

        if (violating.Count == 0)
        {
            return;
        }

        warnings.Add(checkedPods > ExistingPodsMax
            ? $"new PodSecurity enforce level only checked against the first {ExistingPodsMax} existing pods"
            : $"existing pods in namespace \"{ns}\" violate the new PodSecurity enforce level \"{level}\"");
        warnings.AddRange(violating.Select(static v => v.Value.Count switch
        {
            1 => $"{v.Value.First}: {v.Key}",
            2 => $"{v.Value.First} (and 1 other pod): {v.Key}",
            _ => $"{v.Value.First} (and {v.Value.Count - 1} other pods): {v.Key}",
        }).Order(StringComparer.Ordinal));
    }

    /// <summary>Whether an update changes what the checks look at; all else of a running pod's spec cannot change.</summary>
    private static bool IsSignificant(Pod pod, Pod old)
    {
        if (pod.Spec.Containers.Count != old.Spec.Containers.Count || pod.Spec.InitContainers.Count != old.Spec.InitContainers.Count
            || pod.Spec.EphemeralContainers.Count != old.Spec.EphemeralContainers.Count)
        {
            return true;
        }

        return Images(pod).Zip(Images(old)).Any(static pair => pair.First != pair.Second)
            || pod.Metadata.Annotations.Where(static a => IsSecurityAnnotation(a.Key)).Except(old.Metadata.Annotations).Any()
            || old.Metadata.Annotations.Where(static a => IsSecurityAnnotation(a.Key)).Except(pod.Metadata.Annotations).Any();

        static IEnumerable<string> Images(Pod pod) => pod.Spec.Containers.Select(static c => c.Image)
            .Concat(pod.Spec.InitContainers.Select(static c => c.Image))
            .Concat(pod.Spec.EphemeralContainers.Select(static c => c.Image));

        static bool IsSecurityAnnotation(string key) =>
            key.StartsWith("container.apparmor.security.beta.kubernetes.io/", StringComparison.Ordinal)
            || key.StartsWith("container.seccomp.security.alpha.kubernetes.io/", StringComparison.Ordinal)
            || key == "seccomp.security.alpha.kubernetes.io/pod";
    }
}
