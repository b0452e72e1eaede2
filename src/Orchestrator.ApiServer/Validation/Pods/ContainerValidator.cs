using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Containers, init containers and ephemeral containers.</summary>
internal static class ContainerValidator
{
    private const int RestartRulesMax = 20;
    private const int ExitCodesMax = 255;

    public static void Containers(PodSpecContext pod, FieldPath spec, FieldErrorList errors)
    {
        var containers = pod.Spec.Containers;
        var path = spec.Child("containers");
        if (containers.Count == 0)
        {
            errors.Required(path);
            return;
        }

        for (var i = 0; i < containers.Count; i++)
        {
            var container = containers[i];
            var at = path.Index(i);
            Common(container, pod, at, errors);
            if (IsNamedBefore(containers, container.Name, i))
            {
                errors.Duplicate(at.Child("name"), container.Name);
            }

            ProbeValidator.Lifecycle(container.Lifecycle, pod, at, errors);
            ProbeValidator.Liveness(container.LivenessProbe, at, "livenessProbe", errors);
            ProbeValidator.Readiness(container.ReadinessProbe, at, errors);
            ProbeValidator.Liveness(container.StartupProbe, at, "startupProbe", errors);
            RestartRules(container, at, errors);
        }

        HostPortConflicts(containers, path, errors);
    }

    public static void InitContainers(PodSpecContext pod, FieldPath spec, FieldErrorList errors)
    {
        var containers = pod.Spec.InitContainers;
        if (containers.Count == 0)
        {
            return;
        }

        var path = spec.Child("initContainers");
        for (var i = 0; i < containers.Count; i++)
        {
            var container = containers[i];
            var at = path.Index(i);
            Common(container, pod, at, errors, isInit: true);
            if (container.Name.Length > 0 && (IsNamedBefore(containers, container.Name, i) || IsNamedBefore(pod.Spec.Containers, container.Name, pod.Spec.Containers.Count)))
            {
                errors.Duplicate(at.Child("name"), container.Name);
            }

            HostPortConflicts([container], path, errors);
            RestartRules(container, at, errors);
            if (container.RestartPolicy == "Always")
            {
                ProbeValidator.Lifecycle(container.Lifecycle, pod, at, errors);
                ProbeValidator.Liveness(container.LivenessProbe, at, "livenessProbe", errors);
                ProbeValidator.Readiness(container.ReadinessProbe, at, errors);
                ProbeValidator.Liveness(container.StartupProbe, at, "startupProbe", errors);
                continue;
            }

            Disallowed(container.Lifecycle, "lifecycle");
            Disallowed(container.LivenessProbe, "livenessProbe");
            Disallowed(container.ReadinessProbe, "readinessProbe");
            Disallowed(container.StartupProbe, "startupProbe");

            void Disallowed(object? value, string field)
            {
                if (value is not null)
                {
                    errors.Forbidden(at, field, "may not be set for init containers without restartPolicy=Always");
                }
            }
        }
    }

    public static void EphemeralContainers(PodSpecContext pod, FieldPath spec, FieldErrorList errors)
    {
        var containers = pod.Spec.EphemeralContainers;
        if (containers.Count == 0)
        {
            return;
        }

        var path = spec.Child("ephemeralContainers");
        var names = new HashSet<string>(pod.Spec.Containers.Select(static c => c.Name).Concat(pod.Spec.InitContainers.Select(static c => c.Name)));
        var others = names.ToArray();
        for (var i = 0; i < containers.Count; i++)
        {
            // An ephemeral container has a container's slots, and one more.
            var container = new Container(containers[i].Slots);
            var at = path.Index(i);
            Common(container, pod, at, errors);
            Untrimmed(container, at, errors);
            if (!names.Add(container.Name))
            {
                errors.Duplicate(at.Child("name"), container.Name);
            }

            if (containers[i].TargetContainerName is { Length: > 0 } target && !others.Contains(target))
            {
                errors.NotFound(at.Child("targetContainerName"), target);
            }

            Disallowed(Container.Fields.Ports, "ports");
            Disallowed(Container.Fields.Resources, "resources");
            Disallowed(Container.Fields.ResizePolicy, "resizePolicy");
            Disallowed(Container.Fields.RestartPolicy, "restartPolicy");
            Disallowed(Container.Fields.RestartPolicyRules, "restartPolicyRules");
            Disallowed(Container.Fields.LivenessProbe, "livenessProbe");
            Disallowed(Container.Fields.ReadinessProbe, "readinessProbe");
            Disallowed(Container.Fields.StartupProbe, "startupProbe");
            Disallowed(Container.Fields.Lifecycle, "lifecycle");

            for (var m = 0; m < container.VolumeMounts.Count; m++)
            {
                if (container.VolumeMounts[m].SubPath.Length > 0)
                {
                    errors.Forbidden(at.Child("volumeMounts").Index(m), "subPath", "cannot be set for an Ephemeral Container");
                }

                if (container.VolumeMounts[m].SubPathExpr.Length > 0)
                {
                    errors.Forbidden(at.Child("volumeMounts").Index(m), "subPathExpr", "cannot be set for an Ephemeral Container");
                }
            }

            void Disallowed(int slot, string field)
            {
                if (container.Slots[slot] is not null and not ApiStruct { IsZero: true } and not IApiList { Count: 0 })
                {
                    errors.Forbidden(at, field, "cannot be set for an Ephemeral Container");
                }
            }
        }
    }

    /// <summary>Rules of pods that do not hold for templates.</summary>
    public static void OnlyForPods(ApiList<Container> containers, FieldPath spec, string field, FieldErrorList errors)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            if (containers[i].Image.Trim().Length != containers[i].Image.Length)
            {
                Untrimmed(containers[i], spec.Child(field).Index(i), errors);
            }
        }
    }

    private static void Untrimmed(Container container, FieldPath at, FieldErrorList errors)
    {
        if (container.Image.Trim().Length != container.Image.Length)
        {
            errors.Invalid(at, "image", container.Image, "must not have leading or trailing whitespace");
        }
    }

    private static void Common(Container container, PodSpecContext pod, FieldPath at, FieldErrorList errors, bool isInit = false)
    {
        if (container.Name.Length == 0)
        {
            errors.Missing(at, "name");
        }
        else
        {
            errors.InvalidEach(at, "name", container.Name, Formats.DnsLabel(container.Name));
        }

        if (container.Image.Length == 0)
        {
            errors.Missing(at, "image");
        }

        errors.RequiredOneOf(at, "terminationMessagePolicy", container.TerminationMessagePolicy, "FallbackToLogsOnError", "File");
        Ports(container.Ports, at, errors);
        EnvironmentValidator.Variables(container.Env, pod, at, errors);
        EnvironmentValidator.Sources(container.EnvFrom, at, errors);
        VolumeMountValidator.Mounts(container, pod, at, errors);
        VolumeMountValidator.Devices(container, pod, at, errors);
        errors.RequiredOneOf(at, "imagePullPolicy", container.ImagePullPolicy, "Always", "IfNotPresent", "Never");
        if (container.Slots[Container.Fields.Resources] is not null)
        {
            ResourceValidator.Requirements(container.Resources, at.Child("resources"), errors, pod.ClaimNames);
        }

        ResizePolicies(container, pod, at, errors, isInit);
        SecurityContextValidator.Container(container.SecurityContext, pod, at, errors);
    }

    private static void Ports(ApiList<ContainerPort> ports, FieldPath at, FieldErrorList errors)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            if (port.Name.Length == 0 && port.ContainerPortValue is >= 1 and <= 65535 && port.HostPort == 0 && port.Protocol is "TCP" or "UDP" or "SCTP" && port.ContainerPortValue > 0)
            {
                continue;
            }

            var path = at.Child("ports").Index(i);
            if (port.Name.Length > 0)
            {
                var faults = Formats.PortName(port.Name);
                errors.InvalidEach(path, "name", port.Name, faults);
                if (faults.Count == 0)
                {
                    for (var j = 0; j < i; j++)
                    {
                        if (ports[j].Name == port.Name)
                        {
                            errors.Duplicate(path.Child("name"), port.Name);
                            break;
                        }
                    }
                }
            }

            if (port.ContainerPortValue == 0)
            {
                errors.Missing(path, "containerPort");
            }
            else
            {
                errors.InvalidEach(path, "containerPort", port.ContainerPortValue, Formats.PortNumber(port.ContainerPortValue));
            }

            if (port.HostPort != 0)
            {
                errors.InvalidEach(path, "hostPort", port.HostPort, Formats.PortNumber(port.HostPort));
            }

            errors.RequiredOneOf(path, "protocol", port.Protocol, "SCTP", "TCP", "UDP");
        }
    }

    private static void HostPortConflicts(ApiList<Container> containers, FieldPath path, FieldErrorList errors)
    {
        HashSet<string>? taken = null;
        for (var i = 0; i < containers.Count; i++)
        {
            var ports = containers[i].Ports;
            for (var p = 0; p < ports.Count; p++)
            {
                var port = ports[p];
                if (port.HostPort == 0)
                {
                    continue;
                }

                taken ??= [];
                var key = $"{port.Protocol}/{port.HostIP}/{port.HostPort}";
                if (!taken.Add(key))
                {
                    errors.Duplicate(path.Index(i).Child("ports").Index(p).Child("hostPort"), key);
                }
            }
        }
    }

    private static void ResizePolicies(Container container, PodSpecContext pod, FieldPath at, FieldErrorList errors, bool isInit)
    {
        if (container.ResizePolicy.Count == 0)
        {
            return;
        }

        var path = at.Child("resizePolicy");
        var seen = new HashSet<string>();
        for (var i = 0; i < container.ResizePolicy.Count; i++)
        {
            var policy = container.ResizePolicy[i];
            if (!seen.Add(policy.ResourceName))
            {
                errors.Duplicate(path.Index(i), policy.ResourceName);
            }

            if (policy.ResourceName.Length == 0)
            {
                errors.Required(path);
            }
            else if (policy.ResourceName is not ("cpu" or "memory"))
            {
                errors.NotSupportedInOrder(path, policy.ResourceName, "cpu", "memory");
            }

            if (policy.RestartPolicy.Length == 0)
            {
                errors.Required(path);
            }
            else if (policy.RestartPolicy is not ("NotRequired" or "RestartContainer"))
            {
                errors.NotSupportedInOrder(path, policy.RestartPolicy, "NotRequired", "RestartContainer");
            }

            if (pod.Spec.RestartPolicy == "Never" && policy.RestartPolicy != "NotRequired" && container.RestartPolicy is null)
            {
                errors.Invalid(path, policy.RestartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
            }
            else if (isInit && container.RestartPolicy != "Always" && policy.RestartPolicy == "RestartContainer")
            {
                errors.Invalid(path, policy.RestartPolicy, "must be 'NotRequired' for non-sidecar init containers");
            }
        }
    }

    private static void RestartRules(Container container, FieldPath at, FieldErrorList errors)
    {
        if (container.RestartPolicy is { } policy && policy is not ("Always" or "Never" or "OnFailure"))
        {
            errors.NotSupportedInOrder(at.Child("restartPolicy"), policy, "Always", "Never", "OnFailure");
        }

        if (container.RestartPolicyRules.Count == 0)
        {
            return;
        }

        if (container.RestartPolicy is null)
        {
            errors.Missing(at, "restartPolicy", "must specify restartPolicy when restartPolicyRules are used");
        }

        var path = at.Child("restartPolicyRules");
        if (container.RestartPolicyRules.Count > RestartRulesMax)
        {
            errors.TooMany(path, container.RestartPolicyRules.Count, RestartRulesMax);
        }

        for (var i = 0; i < container.RestartPolicyRules.Count; i++)
        {
            var rule = container.RestartPolicyRules[i];
            errors.RequiredOneOf(path.Index(i), "action", rule.Action, "Restart", "RestartAllContainers");
            if (rule.ExitCodes is not { } codes)
            {
                errors.Missing(path.Index(i), "exitCodes", "must be specified");
                continue;
            }

            var codesPath = path.Index(i).Child("exitCodes");
            errors.RequiredOneOf(codesPath, "operator", codes.Operator, "In", "NotIn");
            if (codes.Values.Count == 0)
            {
                errors.Missing(codesPath, "values", "must have at least one value");
            }
            else if (codes.Values.Count > ExitCodesMax)
            {
                errors.TooMany(codesPath.Child("values"), codes.Values.Count, ExitCodesMax);
            }
        }
    }

    private static bool IsNamedBefore(ApiList<Container> containers, string name, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (containers[i].Name == name && name.Length > 0)
            {
                return true;
            }
        }

        return false;
    }
}
