using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>The annotations that named seccomp profiles before there were fields: nothing reads them, but they must be well formed and agree with the fields.</summary>
internal static class SeccompAnnotations
{
    /// <summary>The key of the whole pod's profile.</summary>
    public const string Pod = "seccomp.security.alpha.kubernetes.io/pod";
    /// <summary>Before a container's name.</summary>
    public const string Prefix = "container.seccomp.security.alpha.kubernetes.io/";
    private const string Local = "localhost/";

    public static void Validate(ApiMap<string> annotations, FieldPath path, FieldErrorList errors)
    {
        if (annotations.TryGetValue(Pod, out var profile))
        {
            Profile(profile, path.Child(Pod), errors);
        }

        foreach (var (key, value) in annotations)
        {
            if (key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                Profile(value, path.Child(key), errors);
            }
        }
    }

    public static void MatchFields(ApiMap<string> annotations, PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (annotations.Count == 0)
        {
            return;
        }

        if (annotations.TryGetValue(Pod, out var pod))
        {
            Match(pod, spec.SecurityContext?.SeccompProfile, path, errors);
        }

        if (!ContainerAnnotations.Any(annotations, Prefix))
        {
            return;
        }

        foreach (var (container, at) in AllContainers.Of(spec, path))
        {
            if (annotations.TryGetValue(Prefix + container.Name, out var annotation))
            {
                Match(annotation, container.SecurityContext?.SeccompProfile, at, errors);
            }
        }
    }

    private static void Match(string annotation, SeccompProfile? profile, FieldPath parent, FieldErrorList errors)
    {
        if (profile is null)
        {
            return;
        }

        var path = parent.Child("securityContext").Child("seccompProfile");
        var isSameType = profile.Type switch
        {
            "Unconfined" => annotation == "unconfined",
            "RuntimeDefault" => annotation is "runtime/default" or "docker/default",
            "Localhost" => annotation.StartsWith(Local, StringComparison.Ordinal),
            _ => true,
        };
        if (!isSameType)
        {
            errors.Forbidden(path, "type", "seccomp type in annotation and field must match");
        }
        else if (profile.Type == "Localhost" && annotation[Local.Length..] != profile.LocalhostProfile)
        {
            errors.Forbidden(path, "localhostProfile", "seccomp profile in annotation and field must match");
        }
    }

    private static void Profile(string profile, FieldPath path, FieldErrorList errors)
    {
        if (profile.StartsWith(Local, StringComparison.Ordinal))
        {
            VolumeSourceValidator.LocalDescendingPath(profile[Local.Length..], path, errors);
        }
        else if (profile is not ("runtime/default" or "docker/default" or "unconfined"))
        {
            errors.Invalid(path, profile, "must be a valid seccomp profile");
        }
    }
}
