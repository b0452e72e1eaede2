using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>The annotations that named AppArmor profiles before there were fields; both are kept in step.</summary>
internal static class AppArmorAnnotations
{
    public const string Prefix = "container.apparmor.security.beta.kubernetes.io/";
    public const string Deprecated = "deprecated since v1.30; use the \"appArmorProfile\" field instead";

    public static void Validate(ApiMap<string> annotations, PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        foreach (var (key, profile) in annotations)
        {
            if (!key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var name = key[Prefix.Length..];
            if (!spec.Containers.Any(c => c.Name == name) && !spec.InitContainers.Any(c => c.Name == name) && !spec.EphemeralContainers.Any(c => c.Name == name))
            {
                errors.Invalid(path.Key(key), name, "container not found");
            }

            if (profile is not ("" or "runtime/default" or "unconfined") && !profile.StartsWith("localhost/", StringComparison.Ordinal))
            {
                errors.Invalid(path.Key(key), profile, $"invalid AppArmor profile name: {Api.Json.GoText.Quote(profile)}");
            }
        }
    }

    /// <summary>An annotation and the field that replaced it say the same.</summary>
    public static void MatchFields(ApiMap<string> annotations, PodSpec spec, FieldPath specPath, FieldErrorList errors)
    {
        if (!HasAny(annotations) || spec.Os?.Name == "windows")
        {
            return;
        }

        foreach (var (container, containerPath) in AllContainers.Of(spec, specPath))
        {
            if ((container.SecurityContext?.AppArmorProfile ?? spec.SecurityContext?.AppArmorProfile) is not { } profile
                || !annotations.TryGetValue(Prefix + container.Name, out var annotation))
            {
                continue;
            }

            const string Local = "localhost/";
            var path = containerPath.Child("securityContext").Child("appArmorProfile");
            var isSameType = profile.Type switch
            {
                "Unconfined" => annotation == "unconfined",
                "RuntimeDefault" => annotation == "runtime/default",
                "Localhost" => annotation.StartsWith(Local, StringComparison.Ordinal),
                _ => true,
            };
            if (!isSameType)
            {
                errors.Forbidden(path, "type", "apparmor type in annotation and field must match");
            }
            else if (profile.Type == "Localhost" && annotation[Local.Length..] != profile.LocalhostProfile)
            {
                errors.Forbidden(path, "localhostProfile", "apparmor profile in annotation and field must match");
            }
        }
    }

    /// <summary>Sets the fields that annotations stand for, where they are unset. For a new pod that the request owns.</summary>
    public static void SetFields(Pod pod, List<string> warnings)
    {
        var annotations = pod.Metadata.Annotations;
        if (!HasAny(annotations) || pod.Spec.Os?.Name == "windows")
        {
            return;
        }

        var podProfile = pod.Spec.SecurityContext?.AppArmorProfile;
        foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers))
        {
            if (container.SecurityContext?.AppArmorProfile is not null || !annotations.TryGetValue(Prefix + container.Name, out var annotation))
            {
                continue;
            }

            var profile = FromAnnotation(annotation);
            if (profile?.Equals(podProfile) == true)
            {
                continue;
            }

            warnings.Add($"{FieldPath.Metadata.Child("annotations").Key(Prefix + container.Name)}: {Deprecated}");
            if (profile is not null)
            {
                container.Own<SecurityContext>(Container.Fields.SecurityContext).Set(SecurityContext.Fields.AppArmorProfile, profile);
            }
        }
    }

    public static bool HasAny(ApiMap<string> annotations) => ContainerAnnotations.Any(annotations, Prefix);

    private static AppArmorProfile? FromAnnotation(string annotation) => annotation switch
    {
        "unconfined" => new() { Type = "Unconfined" },
        "runtime/default" => new() { Type = "RuntimeDefault" },
        _ when annotation.StartsWith("localhost/", StringComparison.Ordinal) && annotation.Length > "localhost/".Length =>
            new() { Type = "Localhost", LocalhostProfile = annotation["localhost/".Length..] },
        _ => null,
    };
}
