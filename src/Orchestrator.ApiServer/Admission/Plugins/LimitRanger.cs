using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Gives containers the default requests and limits of their namespace, and refuses pods and claims outside of its bounds.</summary>
internal sealed class LimitRanger(IObjectLister objects) : IMutatingAdmission, IValidatingAdmission
{
    private const string Annotation = "kubernetes.io/limit-ranger";

    public string Name => "LimitRanger";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => resource switch
    {
        { Group: "", Resource: "pods" } => operation == AdmissionOperation.Create ? subresource.Length == 0 : operation == AdmissionOperation.Update && subresource == "resize",
        { Group: "", Resource: "persistentvolumeclaims" } => operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0,
        _ => false,
    };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        foreach (var range in objects.List<LimitRange>(attributes.Namespace))
        {
            ApplyDefaults(pod, range);
        }

        return default;
    }

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        foreach (var range in objects.List<LimitRange>(attributes.Namespace))
        {
            var faults = new List<string>();
            switch (attributes.Object)
            {
                case Pod pod:
                    Check(pod, range, faults);
                    break;
                case PersistentVolumeClaim claim:
                    Check(claim, range, faults);
                    break;
            }

            if (faults.Count > 0)
            {
                var distinct = faults.Distinct(StringComparer.Ordinal).ToArray();
                throw attributes.Forbidden(distinct.Length == 1 ? distinct[0] : "[" + string.Join(", ", distinct) + "]");
            }
        }

        return default;
    }

    private static void ApplyDefaults(Pod pod, LimitRange range)
    {
        ApiMap<Quantity> requests = ApiMap<Quantity>.Empty, limits = ApiMap<Quantity>.Empty;
        foreach (var item in range.Spec.Limits)
        {
            if (item.Type == "Container")
            {
                requests = Overlay(requests, item.DefaultRequest);
                limits = Overlay(limits, item.Default);
            }
        }

        if (requests.Count + limits.Count == 0)
        {
            return;
        }

        var notes = new List<string>();
        foreach (var container in pod.Spec.Containers)
        {
            ApplyDefaults(container, requests, limits, "container", notes);
        }

        foreach (var container in pod.Spec.InitContainers)
        {
            ApplyDefaults(container, requests, limits, "init container", notes);
        }

        if (notes.Count > 0)
        {
            var metadata = pod.Own<ObjectMeta>(ApiObject.MetadataSlot);
            metadata.Set(ObjectMeta.Fields.Annotations, metadata.Annotations.With(Annotation, "LimitRanger plugin set: " + string.Join("; ", notes)));
        }
    }

    private static void ApplyDefaults(Container container, ApiMap<Quantity> requests, ApiMap<Quantity> limits, string what, List<string> notes)
    {
        var resources = container.Resources;
        var newLimits = limits.Where(l => !resources.Limits.ContainsKey(l.Key)).ToArray();
        var newRequests = requests.Where(r => !resources.Requests.ContainsKey(r.Key)).ToArray();
        if (newLimits.Length + newRequests.Length == 0)
        {
            return;
        }

        container.Set(Container.Fields.Resources, resources with
        {
            Limits = Overlay(resources.Limits, newLimits),
            Requests = Overlay(resources.Requests, newRequests),
        });
        Note(newRequests, "request");
        Note(newLimits, "limit");

        void Note(KeyValuePair<string, Quantity>[] set, string kind)
        {
            if (set.Length > 0)
            {
                notes.Add($"{string.Join(", ", set.Select(static s => s.Key))} {kind} for {what} {container.Name}");
            }
        }
    }

    private static ApiMap<Quantity> Overlay(ApiMap<Quantity> map, IEnumerable<KeyValuePair<string, Quantity>> over)
    {
        foreach (var (name, amount) in over)
        {
            map = map.With(name, amount);
        }

        return map;
    }

    private static void Check(Pod pod, LimitRange range, List<string> faults)
    {
        foreach (var limit in range.Spec.Limits)
        {
            switch (limit.Type)
            {
                case "Container":
                    foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers))
                    {
                        Check(limit, container.Resources.Requests, container.Resources.Limits, faults);
                    }

                    break;
                case "Pod":
                    Check(limit, PodAmounts.Requests(pod.Spec), PodAmounts.Limits(pod.Spec), faults);
                    break;
            }
        }
    }

    private static void Check(PersistentVolumeClaim claim, LimitRange range, List<string> faults)
    {
        var requests = claim.Spec.Resources.Requests;
        foreach (var limit in range.Spec.Limits)
        {
            if (limit.Type != "PersistentVolumeClaim")
            {
                continue;
            }

            foreach (var (name, bound) in limit.Min)
            {
                CheckMin(limit.Type, name, bound, requests, ApiMap<Quantity>.Empty, faults);
            }

            foreach (var (name, bound) in limit.Max)
            {
                if (!requests.TryGetValue(name, out var request))
                {
                    faults.Add($"maximum {name} usage per {limit.Type} is {bound}.  No request is specified");
                }
                else if (request > bound)
                {
                    faults.Add($"maximum {name} usage per {limit.Type} is {bound}, but request is {request}");
                }
            }
        }
    }

    private static void Check(LimitRangeItem limit, ApiMap<Quantity> requests, ApiMap<Quantity> limits, List<string> faults)
    {
        foreach (var (name, bound) in limit.Min)
        {
            CheckMin(limit.Type, name, bound, requests, limits, faults);
        }

        foreach (var (name, bound) in limit.Max)
        {
            if (!limits.TryGetValue(name, out var upper))
            {
                faults.Add($"maximum {name} usage per {limit.Type} is {bound}.  No limit is specified");
            }
            else if (upper > bound)
            {
                faults.Add($"maximum {name} usage per {limit.Type} is {bound}, but limit is {upper}");
            }
            else if (requests.TryGetValue(name, out var request) && request > bound)
            {
                faults.Add($"maximum {name} usage per {limit.Type} is {bound}, but request is {request}");
            }
        }

        foreach (var (name, bound) in limit.MaxLimitRequestRatio)
        {
            CheckRatio(limit.Type, name, bound, requests, limits, faults);
        }
    }

    private static void CheckMin(string type, string name, Quantity bound, ApiMap<Quantity> requests, ApiMap<Quantity> limits, List<string> faults)
    {
        if (!requests.TryGetValue(name, out var request))
        {
            faults.Add($"minimum {name} usage per {type} is {bound}.  No request is specified");
        }
        else if (request < bound)
        {
            faults.Add($"minimum {name} usage per {type} is {bound}, but request is {request}");
        }
        else if (limits.TryGetValue(name, out var upper) && upper < bound)
        {
            faults.Add($"minimum {name} usage per {type} is {bound}, but limit is {upper}");
        }
    }

    private static void CheckRatio(string type, string name, Quantity bound, ApiMap<Quantity> requests, ApiMap<Quantity> limits, List<string> faults)
    {
        if (!requests.TryGetValue(name, out var request) || request.IsZero)
        {
            faults.Add($"{name} max limit to request ratio per {type} is {bound}, but no request is specified or request is 0");
            return;
        }

        if (!limits.TryGetValue(name, out var upper) || upper.IsZero)
        {
            faults.Add($"{name} max limit to request ratio per {type} is {bound}, but no limit is specified or limit is 0");
            return;
        }

        var ratio = upper.AsDouble / request.AsDouble;
        if (ratio > bound.AsDouble)
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"{name} max limit to request ratio per {type} is {bound}, but provided ratio is {ratio:F6}"));
        }
    }
}
