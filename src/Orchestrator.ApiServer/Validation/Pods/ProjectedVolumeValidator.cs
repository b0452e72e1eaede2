using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Volumes put together from several sources.</summary>
internal static class ProjectedVolumeValidator
{
    private const long TokenSecondsMin = 10 * 60;
    private const long TokenSecondsMax = 1L << 32;
    private const string Conflict = "conflicting duplicate paths";

    public static void Validate(ProjectedVolumeSource projected, FieldPath path, FieldErrorList errors)
    {
        PodVolumeValidator.Mode(projected.DefaultMode, path, "defaultMode", errors);
        var files = new HashSet<string>();
        for (var i = 0; i < projected.Sources.Count; i++)
        {
            Source(projected.Sources[i], path, path.Child("sources").Index(i), files, errors);
        }
    }

    /// <summary>One source. Clashes of files are told of the volume, not of the source, and so are faults of a token's path.</summary>
    private static void Source(VolumeProjection source, FieldPath volume, FieldPath path, HashSet<string> files, FieldErrorList errors)
    {
        var count = 0;
        if (source.Secret is { } secret)
        {
            count++;
            Keys(secret.Name, secret.Items, path.Child("secret"));
        }

        if (source.ConfigMap is { } map)
        {
            count++;
            Keys(map.Name, map.Items, path.Child("configMap"));
        }

        if (source.DownwardAPI is { } downward)
        {
            count++;
            foreach (var item in downward.Items)
            {
                PodVolumeValidator.DownwardFile(item, path.Child("downwardAPI"), errors);
                Unique(item.Path, item.Path);
            }
        }

        if (source.ServiceAccountToken is { } token)
        {
            count++;
            Token(token, volume, path.Child("serviceAccountToken"), errors);
        }

        if (source.ClusterTrustBundle is { } bundle)
        {
            count++;
            TrustBundle(bundle, path.Child("clusterTrustBundle"), errors);
            if (!files.Add(bundle.Path))
            {
                errors.Invalid(volume, bundle.Path, Conflict);
            }
        }

        if (source.PodCertificate is not null)
        {
            count++;
        }

        if (count > 1)
        {
            errors.Forbidden(path, "may not specify more than 1 volume type per source");
        }

        void Keys(string name, Api.ApiList<KeyToPath> items, FieldPath at)
        {
            VolumeSourceValidator.Given(name, at, "name", errors);
            for (var i = 0; i < items.Count; i++)
            {
                PodVolumeValidator.KeyPath(items[i], at.Child("items").Index(i), errors);
                Unique(items[i].Path, name);
            }
        }

        void Unique(string file, string told)
        {
            if (file.Length > 0 && !files.Add(file))
            {
                errors.Invalid(volume, told, Conflict);
            }
        }
    }

    private static void Token(ServiceAccountTokenProjection token, FieldPath volume, FieldPath path, FieldErrorList errors)
    {
        if (token.ExpirationSeconds < TokenSecondsMin)
        {
            errors.Invalid(path, "expirationSeconds", token.ExpirationSeconds, "may not specify a duration less than 10 minutes");
        }

        if (token.ExpirationSeconds > TokenSecondsMax)
        {
            errors.Invalid(path, "expirationSeconds", token.ExpirationSeconds, "may not specify a duration larger than 2^32 seconds");
        }

        if (token.Path.Length == 0)
        {
            errors.Missing(volume, "path");
        }
        else
        {
            VolumeSourceValidator.LocalNonReservedPath(token.Path, volume.Child("path"), errors);
        }
    }

    private static void TrustBundle(ClusterTrustBundleProjection bundle, FieldPath path, FieldErrorList errors)
    {
        switch (bundle.Name, bundle.SignerName)
        {
            case (not null, not null):
                errors.Invalid(path, new InternalValue(bundle), "only one of name and signerName may be used");
                break;
            case ({ } name, null):
                VolumeSourceValidator.Given(name, path, "name", errors);
                foreach (var fault in Formats.DnsSubdomain(name))
                {
                    errors.Invalid(path, "name", name, $"not a valid clustertrustbundlename: {fault}");
                }

                if (bundle.LabelSelector is not null)
                {
                    errors.Invalid(path, "labelSelector", new InternalValue(bundle.LabelSelector), "labelSelector must be unset if name is specified");
                }

                break;
            case (null, { } signer):
                VolumeSourceValidator.Given(signer, path, "signerName", errors);
                SelectorValidator.Validate(bundle.LabelSelector, path.Child("labelSelector"), errors);
                break;
            default:
                errors.Required(path, "either name or signerName must be specified");
                break;
        }

        VolumeSourceValidator.Given(bundle.Path, path, "path", errors);
        VolumeSourceValidator.LocalNonReservedPath(bundle.Path, path.Child("path"), errors);
    }
}
