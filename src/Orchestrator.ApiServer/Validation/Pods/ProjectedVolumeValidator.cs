using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Volumes put together from several sources.</summary>
internal static class ProjectedVolumeValidator
{
    public static void Validate(ProjectedVolumeSource projected, FieldPath path, FieldErrorList errors)
    {
        PodVolumeValidator.Mode(projected.DefaultMode, path, "defaultMode", errors);
        var paths = new HashSet<string>();
        for (var i = 0; i < projected.Sources.Count; i++)
        {
            Source(projected.Sources[i], path.Child("sources").Index(i), paths, errors);
        }
    }

    private static void Source(VolumeProjection source, FieldPath path, HashSet<string> paths, FieldErrorList errors)
    {
        var count = 0;
        if (source.Secret is { } secret && IsFirst("secret"))
        {
            Named(secret.Name, "secret");
            for (var i = 0; i < secret.Items.Count; i++)
            {
                PodVolumeValidator.KeyPath(secret.Items[i], path.Child("secret").Child("items").Index(i), errors);
                Unique(secret.Items[i].Path, secret.Name);
            }
        }

        if (source.ConfigMap is { } map && IsFirst("configMap"))
        {
            Named(map.Name, "configMap");
            for (var i = 0; i < map.Items.Count; i++)
            {
                PodVolumeValidator.KeyPath(map.Items[i], path.Child("configMap").Child("items").Index(i), errors);
                Unique(map.Items[i].Path, map.Name);
            }
        }

        if (source.DownwardAPI is { } downward && IsFirst("downwardAPI"))
        {
            foreach (var item in downward.Items)
            {
                PodVolumeValidator.DownwardFile(item, path.Child("downwardAPI"), errors);
                Unique(item.Path, "");
            }
        }

        if (source.ServiceAccountToken is { } token && IsFirst("serviceAccountToken"))
        {
            var at = path.Child("serviceAccountToken");
            if (token.ExpirationSeconds is null)
            {
                errors.Missing(at, "expirationSeconds");
            }
            else if (token.ExpirationSeconds < 600)
            {
                errors.Invalid(at, "expirationSeconds", token.ExpirationSeconds, "may not specify a duration less than 10 minutes");
            }
            else if (token.ExpirationSeconds > 1L << 32)
            {
                errors.Invalid(at, "expirationSeconds", token.ExpirationSeconds, "may not specify a duration larger than 2^32 seconds");
            }

            if (token.Path.Length == 0)
            {
                errors.Missing(at, "path");
            }
            else
            {
                VolumeSourceValidator.LocalNonReservedPath(token.Path, at.Child("path"), errors);
            }
        }

        if (source.ClusterTrustBundle is { } bundle && IsFirst("clusterTrustBundle"))
        {
            TrustBundle(bundle, path.Child("clusterTrustBundle"), errors);
            if (!paths.Add(bundle.Path))
            {
                errors.Invalid(path.Child("clusterTrustBundle"), "path", bundle.Path, "conflicting duplicate paths");
            }
        }

        if (source.PodCertificate is not null)
        {
            IsFirst("podCertificate");
        }

        if (count == 0)
        {
            errors.Required(path, "must specify a volume type");
        }

        bool IsFirst(string field)
        {
            if (count++ == 0)
            {
                return true;
            }

            errors.Forbidden(path, field, "may not specify more than 1 volume type per source");
            return false;
        }

        void Named(string name, string field)
        {
            if (name.Length == 0)
            {
                errors.Missing(path.Child(field), "name");
            }
        }

        void Unique(string file, string owner)
        {
            if (file.Length > 0 && !paths.Add(file))
            {
                errors.Invalid(path, owner, owner.Length > 0 ? $"conflicting duplicate paths" : "conflicting duplicate paths");
            }
        }
    }

    private static void TrustBundle(ClusterTrustBundleProjection bundle, FieldPath path, FieldErrorList errors)
    {
        var bySigner = bundle.SignerName is not null;
        if (bundle.Name is not null == bySigner)
        {
            errors.Invalid(path, new InternalValue(bundle), "only one of name and signerName may be used");
        }

        if (!bySigner && bundle.LabelSelector is not null)
        {
            errors.Invalid(path, "labelSelector", bundle.LabelSelector, "labelSelector may only be set when signerName is set");
        }

        if (bundle.Path.Length == 0)
        {
            errors.Missing(path, "path");
        }

        VolumeSourceValidator.LocalNonReservedPath(bundle.Path, path.Child("path"), errors);
    }
}
