using Orchestrator.Api;
using Orchestrator.Api.ServerConfig.V1;
using Orchestrator.ApiServer.Access.Webhooks;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Access;

/// <summary>What is wrong with an AuthorizationConfiguration, in upstream's words, and the compiled conditions of its webhooks.</summary>
internal static class AuthorizationConfigValidator
{
    private const int ConditionsMax = 64;
    private static readonly TimeSpan TimeoutMax = TimeSpan.FromSeconds(30);
    private static readonly string[] Types = ["AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"];

    /// <summary>The faults; and, for each authorizer, when it is asked, null for always.</summary>
    public static (FieldErrorList Faults, ReviewConditions?[] Conditions) Validate(AuthorizationConfiguration configuration)
    {
        var faults = new FieldErrorList();
        var conditions = new ReviewConditions?[configuration.Authorizers.Count];
        var root = FieldPath.Root("authorizers");
        if (configuration.Authorizers.Count == 0)
        {
            faults.Required(root, "at least one authorization mode must be defined");
        }

        HashSet<string> types = new(StringComparer.Ordinal), names = new(StringComparer.Ordinal);
        for (var i = 0; i < configuration.Authorizers.Count; i++)
        {
            var (authorizer, path) = (configuration.Authorizers[i], root.Index(i));
            if (authorizer.Type.Length == 0)
            {
                faults.Required(path.Child("type"));
                continue;
            }

            if (!Types.Contains(authorizer.Type))
            {
                faults.NotSupportedInOrder(path.Child("type"), authorizer.Type, Types);
                continue;
            }

            if (!types.Add(authorizer.Type) && authorizer.Type != "Webhook")
            {
                faults.Duplicate(path.Child("type"), authorizer.Type);
                continue;
            }

            ValidateName(authorizer.Name, names, path.Child("name"), faults);
            if (authorizer.Type != "Webhook")
            {
                if (authorizer.Webhook is not null)
                {
                    faults.Invalid(path.Child("webhook"), "non-null", "may only be specified when type=Webhook");
                }
            }
            else if (authorizer.Webhook is { } webhook)
            {
                conditions[i] = ValidateWebhook(webhook, path, faults);
            }
            else
            {
                faults.Required(path.Child("webhook"), "required when type=Webhook");
            }
        }

        return (faults, conditions);
    }

    private static void ValidateName(string name, HashSet<string> names, FieldPath path, FieldErrorList faults)
    {
        if (name.Length == 0)
        {
            faults.Required(path);
        }
        else if (names.Contains(name))
        {
            faults.Duplicate(path, name);
        }
        else if (Formats.DnsSubdomain(name) is { Count: > 0 } wrong)
        {
            faults.Invalid(path, name, "authorizer name is invalid: " + string.Join(", ", wrong));
        }

        names.Add(name);
    }

    private static ReviewConditions? ValidateWebhook(WebhookConfiguration webhook, FieldPath path, FieldErrorList faults)
    {
        if (webhook.Timeout == TimeSpan.Zero)
        {
            faults.Required(path.Child("timeout"));
        }
        else if (webhook.Timeout > TimeoutMax || webhook.Timeout < TimeSpan.Zero)
        {
            faults.Invalid(path.Child("timeout"), GoDuration.Format(webhook.Timeout), "must be > 0s and <= 30s");
        }

        // Zero stands for the default.
        if (webhook.AuthorizedTTL < TimeSpan.Zero)
        {
            faults.Invalid(path.Child("authorizedTTL"), GoDuration.Format(webhook.AuthorizedTTL), "must be > 0s");
        }

        if (webhook.UnauthorizedTTL < TimeSpan.Zero)
        {
            faults.Invalid(path.Child("unauthorizedTTL"), GoDuration.Format(webhook.UnauthorizedTTL), "must be > 0s");
        }

        faults.RequiredOneOf(path, "subjectAccessReviewVersion", webhook.SubjectAccessReviewVersion, "v1", "v1beta1");
        if (webhook.MatchConditionSubjectAccessReviewVersion.Length > 0)
        {
            faults.OneOf(path, "matchConditionSubjectAccessReviewVersion", webhook.MatchConditionSubjectAccessReviewVersion, "v1");
        }
        else if (webhook.MatchConditions.Count > 0)
        {
            faults.Required(path.Child("matchConditionSubjectAccessReviewVersion"), "required if match conditions are specified");
        }

        faults.RequiredOneOf(path, "failurePolicy", webhook.FailurePolicy, "NoOpinion", "Deny");
        ValidateConnection(webhook.ConnectionInfo, path.Child("connectionInfo"), faults);
        return Compile(webhook.MatchConditions, path.Child("matchConditions"), faults);
    }

    private static void ValidateConnection(WebhookConnectionInfo connection, FieldPath path, FieldErrorList faults)
    {
        var file = path.Child("kubeConfigFile");
        switch (connection.Type)
        {
            case "":
                faults.Required(path.Child("type"));
                break;
            case "InClusterConfig":
                if (connection.KubeConfigFile is { } given)
                {
                    faults.Invalid(file, given, "can only be set when type=KubeConfigFile");
                }
                else
                {
                    // This server is the cluster's: what it would ask in the cluster is itself.
                    faults.Invalid(path.Child("type"), connection.Type, "the server does not run in a pod");
                }

                break;
            case "KubeConfigFile":
                ValidateFile(connection.KubeConfigFile ?? "", file, faults);
                break;
            default:
                faults.NotSupportedInOrder(path.Child("type"), new InternalValue(connection), "InClusterConfig", "KubeConfigFile");
                break;
        }
    }

    private static void ValidateFile(string file, FieldPath path, FieldErrorList faults)
    {
        if (file.Length == 0)
        {
            faults.Required(path);
        }
        else if (!Path.IsPathRooted(file))
        {
            faults.Invalid(path, file, "must be an absolute path");
        }
        else if (Directory.Exists(file))
        {
            faults.Invalid(path, file, "must be a regular file");
        }
        else if (!File.Exists(file))
        {
            faults.Invalid(path, file, $"error loading file: stat {file}: no such file or directory");
        }
    }

    private static ReviewConditions? Compile(ApiList<WebhookMatchCondition> conditions, FieldPath path, FieldErrorList faults)
    {
        if (conditions.Count > ConditionsMax)
        {
            faults.TooMany(path, conditions.Count, ConditionsMax);
            return null;
        }

        var compiled = new List<Cel.CelProgram>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < conditions.Count; i++)
        {
            var (text, at) = (conditions[i].Expression, path.Index(i).Child("expression"));
            if (text.AsSpan().Trim().IsEmpty)
            {
                faults.Required(at);
            }
            else if (!seen.Add(text))
            {
                faults.Duplicate(at, text);
            }
            else if (ReviewConditions.Compile(text, out var fault) is { } program)
            {
                compiled.Add(program);
            }
            else
            {
                faults.Invalid(at, text, fault);
            }
        }

        return compiled.Count == 0 ? null : new ReviewConditions(compiled);
    }
}
