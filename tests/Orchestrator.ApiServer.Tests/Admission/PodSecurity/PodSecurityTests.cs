using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Admission.PodSecurity;

public sealed class PodSecurityTests
{
    private readonly AdmissionTrial _trial = new();

    private static readonly SecurityContext Restricted = new()
    {
        AllowPrivilegeEscalation = false,
        RunAsNonRoot = true,
        Capabilities = new Capabilities { Drop = ["ALL"] },
        SeccompProfile = new SeccompProfile { Type = "RuntimeDefault" },
    };

    [Fact]
    public async Task Restricted_names_all_that_is_missing()
    {
        GivenLabels(("enforce", "restricted"));
        Assert.Equal(
            "pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), "
            + "unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), "
            + "seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")",
            await _trial.RefusedAsync(Pods.Plain()));
        await _trial.CreateAsync(Pods.Plain().WithContainer(c => c with { SecurityContext = Restricted }));
    }

    [Fact]
    public async Task Restricted_volumes_are_named_with_their_kinds()
    {
        GivenLabels(("enforce", "restricted"));
        var pod = Pods.Plain().WithContainer(c => c with { SecurityContext = Restricted }).With(s => s with
        {
            Volumes =
            [
                new Volume { Name = "a", EmptyDir = new EmptyDirVolumeSource() },
                new Volume { Name = "b", Nfs = new NFSVolumeSource { Server = "x", Path = "/" } },
                new Volume { Name = "c", HostPath = new HostPathVolumeSource { Path = "/" } },
            ],
        });
        Assert.EndsWith("restricted volume types (volumes \"b\", \"c\" use restricted volume types \"hostPath\", \"nfs\")", await _trial.RefusedAsync(pod));
    }

    [Theory]
    [InlineData("v1.18", "restricted:v1.18\": allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true)")]
    public async Task A_pinned_version_knows_only_its_own_checks(string version, string end)
    {
        GivenLabels(("enforce", "restricted"), ("enforce-version", version));
        Assert.EndsWith(end, await _trial.RefusedAsync(Pods.Plain()));
    }

    [Fact]
    public async Task Baseline_refuses_what_reaches_the_host()
    {
        GivenLabels(("enforce", "baseline"));
        var pod = Pods.Plain().With(s => s with { HostNetwork = true, HostPID = true }).WithContainer(c => c with
        {
            Ports = [new ContainerPort { ContainerPortValue = 80, HostPort = 80 }],
            SecurityContext = new SecurityContext { Privileged = true, Capabilities = new Capabilities { Add = ["SYS_ADMIN"] } },
        });
        Assert.EndsWith(
            "non-default capabilities (container \"c\" must not include \"SYS_ADMIN\" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), "
            + "hostPort (container \"c\" uses hostPort 80), privileged (container \"c\" must not set securityContext.privileged=true)",
            await _trial.RefusedAsync(pod));
    }

    [Fact]
    public async Task Warn_admits_and_tells()
    {
        GivenLabels(("warn", "baseline"));
        await _trial.CreateAsync(Pods.Plain().With(s => s with { HostNetwork = true }));
        Assert.Equal(["would violate PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)"], _trial.Warnings);
    }

    [Fact]
    public async Task Labels_on_running_pods_are_free_but_images_are_not()
    {
        GivenLabels(("enforce", "baseline"));
        var old = Pods.Plain().WithContainer(c => c with { SecurityContext = new SecurityContext { Privileged = true } });
        await _trial.UpdateAsync(old with { Metadata = old.Metadata with { Labels = ApiMap<string>.Empty.With("a", "b") } }, old);
        Assert.Contains("violates PodSecurity", await _trial.RefusedAsync(old.WithContainer(c => c with { Image = "i:2" }), old));
    }

    [Fact]
    public async Task A_stricter_level_warns_about_existing_pods()
    {
        _trial.Objects.Put(Pods.Plain("a"));
        _trial.Objects.Put(Pods.Plain("b").With(s => s with { HostNetwork = true }));
        var old = _trial.Objects.Get<Namespace>("", "d")!;
        await _trial.UpdateAsync(Labelled(("enforce", "restricted")), old);
        Assert.Equal(
            [
                "existing pods in namespace \"d\" violate the new PodSecurity enforce level \"restricted:latest\"",
                "a: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
                "b: host namespaces, allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
            ],
            _trial.Warnings);
    }

    [Fact]
    public async Task Labels_that_say_nothing_known_are_invalid() => Assert.Equal(
        "Namespace \"d\" is invalid: [metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: \"y\": must be one of privileged, baseline, restricted, "
        + "metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: \"z\": must be \"latest\" or \"v1.x\"]",
        await _trial.RefusedAsync(Labelled(("audit", "y"), ("warn-version", "z"))));

    private static Namespace Labelled(params (string Name, string Value)[] labels) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "d",
            Labels = ApiMap<string>.From(labels.Select(static l => KeyValuePair.Create("pod-security.kubernetes.io/" + l.Name, l.Value))),
        },
    };

    private void GivenLabels(params (string Name, string Value)[] labels) => _trial.Objects.Put(Labelled(labels));
}
