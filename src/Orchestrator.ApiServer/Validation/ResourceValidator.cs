using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Names and amounts of resources: cpu, memory, huge pages, extended ones, and what quotas count.</summary>
internal static class ResourceValidator
{
    private const string HugePages = "hugepages-";

    public static bool IsHugePages(string name) => name.StartsWith(HugePages, StringComparison.Ordinal);

    public static bool IsNative(string name) => !name.Contains('/', StringComparison.Ordinal) || name.Contains("kubernetes.io/", StringComparison.Ordinal);

    public static bool IsExtended(string name) =>
        !IsNative(name) && !name.StartsWith("requests.", StringComparison.Ordinal) && Formats.IsQualifiedName("requests." + name);

    public static bool IsStandardForContainers(string name) => name is "cpu" or "memory" or "ephemeral-storage" || IsHugePages(name);

    public static bool IsOvercommitAllowed(string name) => IsNative(name) && !IsHugePages(name);

    public static bool IsInteger(string name) => name is "pods" or "resourcequotas" or "services" or "replicationcontrollers" or "secrets" or "configmaps"
        or "persistentvolumeclaims" or "services.nodeports" or "services.loadbalancers" || IsExtended(name);

    public static bool IsStandard(string name) => name is "cpu" or "memory" or "ephemeral-storage" or "requests.cpu" or "requests.memory" or "requests.ephemeral-storage"
        or "limits.cpu" or "limits.memory" or "limits.ephemeral-storage" or "pods" or "resourcequotas" or "services" or "replicationcontrollers" or "secrets" or "configmaps"
        or "persistentvolumeclaims" or "storage" or "requests.storage" or "services.nodeports" or "services.loadbalancers"
        || IsHugePages(name) || name.StartsWith("requests." + HugePages, StringComparison.Ordinal);

    public static void Name(string name, FieldPath path, FieldErrorList errors)
    {
        var faults = Formats.QualifiedName(name);
        errors.InvalidEach(path, name, faults);
        if (faults.Count == 0 && !name.Contains('/', StringComparison.Ordinal) && !IsStandard(name))
        {
            errors.Invalid(path, name, "must be a standard resource type or fully qualified");
        }
    }

    public static void ContainerName(string name, FieldPath path, FieldErrorList errors)
    {
        Name(name, path, errors);
        if (!name.Contains('/', StringComparison.Ordinal))
        {
            if (!IsStandardForContainers(name))
            {
                errors.Invalid(path, name, "must be a standard resource for containers");
            }
        }
        else if (!IsNative(name) && !IsExtended(name))
        {
            errors.Invalid(path, name, "doesn't follow extended resource name standard");
        }
    }

    public static void Amount(string name, Quantity quantity, FieldPath path, FieldErrorList errors)
    {
        NonNegative(quantity, path, errors);
        if (IsInteger(name) && quantity.MilliValue % 1000 != 0)
        {
            errors.Invalid(path, quantity, "must be an integer");
        }
    }

    public static void NonNegative(Quantity quantity, FieldPath path, FieldErrorList errors)
    {
        if (quantity.Sign < 0)
        {
            errors.Invalid(path, quantity, "must be greater than or equal to 0");
        }
    }

    /// <summary>A ResourceList of containers, as overhead is one.</summary>
    public static void List(ApiMap<Quantity> list, FieldPath path, FieldErrorList errors)
    {
        foreach (var (name, quantity) in list)
        {
            ContainerName(name, path.Key(name), errors);
            Amount(name, quantity, path.Key(name), errors);
        }
    }

    public static void Requirements(ResourceRequirements resources, FieldPath path, FieldErrorList errors, IReadOnlyCollection<string>? podClaims, bool podLevel = false)
    {
        var (limits, requests) = (resources.Limits, resources.Requests);
        if (limits.Count == 0 && requests.Count == 0 && resources.Claims.Count == 0)
        {
            return;
        }

        // The common case, cpu and memory within bounds, needs no paths.
        if (resources.Claims.Count > 0 || !IsPlain(limits) || !IsPlain(requests) || !Within(requests, limits))
        {
            Thoroughly(resources, path, errors, podClaims, podLevel);
        }
    }

    private static bool IsPlain(ApiMap<Quantity> list)
    {
        foreach (var (name, quantity) in list)
        {
            if (name is not ("cpu" or "memory") || quantity.Sign < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool Within(ApiMap<Quantity> requests, ApiMap<Quantity> limits)
    {
        foreach (var (name, quantity) in requests)
        {
            if (limits.TryGetValue(name, out var limit) && quantity > limit)
            {
                return false;
            }
        }

        return true;
    }

    private static void Thoroughly(ResourceRequirements resources, FieldPath path, FieldErrorList errors, IReadOnlyCollection<string>? podClaims, bool podLevel)
    {
        var limitsPath = path.Child("limits");
        var requestsPath = path.Child("requests");
        bool hugePages = false, cpuOrMemory = false;
        foreach (var (name, quantity) in resources.Limits)
        {
            Entry(name, quantity, limitsPath.Key(name));
        }

        foreach (var (name, quantity) in resources.Requests)
        {
            Entry(name, quantity, requestsPath.Key(name));
            if (resources.Limits.TryGetValue(name, out var limit))
            {
                if (quantity.CompareTo(limit) != 0 && !IsOvercommitAllowed(name))
                {
                    errors.Invalid(requestsPath, quantity, $"must be equal to {name} limit of {limit}");
                }
                else if (quantity > limit)
                {
                    errors.Invalid(requestsPath, quantity, $"must be less than or equal to {name} limit of {limit}");
                }
            }
            else if (!IsOvercommitAllowed(name))
            {
                errors.Required(limitsPath, "Limit must be set for non overcommitable resources");
            }
        }

        if (hugePages && !cpuOrMemory)
        {
            errors.Forbidden(path, "HugePages require cpu or memory");
        }

        if (podLevel)
        {
            if (resources.Claims.Count > 0)
            {
                errors.Forbidden(path, "claims", "claims may not be set for Resources at pod-level");
            }
        }
        else
        {
            Claims(resources.Claims, path.Child("claims"), errors, podClaims ?? []);
        }

        void Entry(string name, Quantity quantity, FieldPath at)
        {
            if (podLevel)
            {
                if (!Defaults.PodLevelResources.IsSupported(name))
                {
                    errors.NotSupportedInOrder(at, name, "cpu", "hugepages-", "memory");
                }
            }
            else
            {
                ContainerName(name, at, errors);
            }

            Amount(name, quantity, at, errors);
            if (IsHugePages(name))
            {
                hugePages = true;
                if (Quantity.TryParse(name[HugePages.Length..], out var page) && page.Value > 0 && (quantity.Value % page.Value != 0 || quantity.Sign <= 0))
                {
                    errors.Invalid(at, quantity, $"{quantity} is not positive integer multiple of {name}");
                }
            }

            cpuOrMemory |= name is "cpu" or "memory";
        }
    }

    private static void Claims(ApiList<ResourceClaim> claims, FieldPath path, FieldErrorList errors, IReadOnlyCollection<string> podClaims)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < claims.Count; i++)
        {
            var name = claims[i].Name;
            if (name.Length == 0)
            {
                errors.Required(path.Index(i));
                continue;
            }

            // Who has the whole claim has each of its requests.
            if (names.Contains(name))
            {
                errors.Duplicate(path.Index(i), name);
            }
            else
            {
                var request = claims[i].Request;
                var full = request.Length > 0 ? name + "/" + request : name;
                if (request.Length > 0)
                {
                    errors.InvalidEach(path.Index(i), "request", request, Formats.DnsLabel(request));
                }

                if (names.Contains(full))
                {
                    errors.Duplicate(path.Index(i), full);
                }
                else if (request.Length == 0)
                {
                    foreach (var _ in names.Where(n => n.StartsWith(name + "/", StringComparison.Ordinal)))
                    {
                        errors.Duplicate(path.Index(i), name);
                    }
                }

                names.Add(full);
            }

            if (!podClaims.Contains(name))
            {
                errors.NotFound(path.Index(i), name, podClaims.Count == 0
                    ? "must be one of the names in pod.spec.resourceClaims which is empty"
                    : "must be one of the names in pod.spec.resourceClaims: " + string.Join(", ", podClaims.Order(StringComparer.Ordinal)));
            }
        }
    }
}
