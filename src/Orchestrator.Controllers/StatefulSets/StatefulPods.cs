using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.StatefulSets;

/// <summary>Names, identities and storage of a StatefulSet's pods. Pure.</summary>
internal static class StatefulPods
{
    public const string RevisionLabel = "controller-revision-hash";
    public const string PodNameLabel = "statefulset.kubernetes.io/pod-name";
    public const string PodIndexLabel = "apps.kubernetes.io/pod-index";

    public static int Start(StatefulSet set) => set.Spec.Ordinals?.Start ?? 0;

    public static int Replicas(StatefulSet set) => set.Spec.Replicas ?? 1;

    public static bool Contains(StatefulSet set, int ordinal) => ordinal >= Start(set) && ordinal < Start(set) + Replicas(set);

    public static string Name(StatefulSet set, int ordinal) => string.Create(CultureInfo.InvariantCulture, $"{set.Metadata.Name}-{ordinal}");

    /// <summary>The number at the end of a pod's name; -1 if the pod is none of the set's.</summary>
    public static int Ordinal(StatefulSet set, Pod pod)
    {
        var name = pod.Metadata.Name;
        var cut = name.LastIndexOf('-');
        return cut > 0 && name.AsSpan(0, cut).SequenceEqual(set.Metadata.Name)
            && int.TryParse(name.AsSpan(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
            ? ordinal
            : -1;
    }

    public static string RevisionOf(Pod pod) => pod.Metadata.Labels.GetValueOrDefault(RevisionLabel) ?? "";

    /// <summary>The server has taken it in.</summary>
    public static bool IsCreated(Pod pod) => pod.Status.Phase.Length > 0;

    public static bool IsRunningAndReady(Pod pod) => pod.Status.Phase == "Running" && pod.IsReady;

    /// <summary>A new pod of a template, with name, identity and claims of its ordinal.</summary>
    public static Pod New(StatefulSet set, PodTemplateSpec template, int ordinal, string revision)
    {
        var pod = PodControl.FromTemplate(template, set);
        pod = WithIdentity(set, pod with { Metadata = pod.Metadata with { Name = Name(set, ordinal) } }, ordinal);
        return WithStorage(set, ordinal, pod with
        {
            Metadata = pod.Metadata with { Labels = pod.Metadata.Labels.With(RevisionLabel, revision) },
            Spec = pod.Spec with { Hostname = pod.Metadata.Name, Subdomain = set.Spec.ServiceName },
        });
    }

    public static bool IdentityMatches(StatefulSet set, Pod pod, int ordinal) =>
        pod.Metadata.Labels.GetValueOrDefault(PodNameLabel) == pod.Metadata.Name
        && pod.Metadata.Labels.GetValueOrDefault(PodIndexLabel) == ordinal.ToString(CultureInfo.InvariantCulture)
        && pod.Metadata.Name == Name(set, ordinal);

    public static Pod WithIdentity(StatefulSet set, Pod pod, int ordinal) => pod with
    {
        Metadata = pod.Metadata with
        {
            Name = Name(set, ordinal),
            Labels = pod.Metadata.Labels
                .With(PodNameLabel, Name(set, ordinal))
                .With(PodIndexLabel, ordinal.ToString(CultureInfo.InvariantCulture)),
        },
    };

    /// <summary>The claims that the pod of an ordinal has, by the names of their templates.</summary>
    public static IEnumerable<(string Template, PersistentVolumeClaim Claim)> Claims(StatefulSet set, int ordinal)
    {
        foreach (var template in set.Spec.VolumeClaimTemplates)
        {
            var labels = template.Metadata.Labels;
            foreach (var (key, value) in set.Spec.Selector?.MatchLabels ?? ApiMap<string>.Empty)
            {
                labels = labels.With(key, value);
            }

            yield return (template.Metadata.Name, template with
            {
                Metadata = template.Metadata with
                {
                    Namespace = set.Metadata.Namespace,
                    Name = string.Create(CultureInfo.InvariantCulture, $"{template.Metadata.Name}-{set.Metadata.Name}-{ordinal}"),
                    Labels = labels,
                },
                Status = PersistentVolumeClaimStatus.Empty,
            });
        }
    }

    private static Pod WithStorage(StatefulSet set, int ordinal, Pod pod)
    {
        var claims = Claims(set, ordinal).ToList();
        if (claims.Count == 0)
        {
            return pod;
        }

        return pod with
        {
            Spec = pod.Spec with
            {
                Volumes =
                [
                    .. claims.Select(static c => new Volume { Name = c.Template, PersistentVolumeClaim = new() { ClaimName = c.Claim.Metadata.Name } }),
                    .. pod.Spec.Volumes.Where(v => claims.All(c => c.Template != v.Name)),
                ],
            },
        };
    }
}
