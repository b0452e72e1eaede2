using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Http;

/// <summary>Reads the options that writes share from the query: dryRun, fieldManager, fieldValidation.</summary>
internal static class ScopeFactory
{
    private const int FieldManagerMax = 128;
    private static readonly string[] Validations = ["", "Ignore", "Warn", "Strict"];

    /// <summary>The scope of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="info">What its path says.</param>
    /// <param name="resource">The resource it is about.</param>
    /// <param name="user">Who makes it.</param>
    /// <param name="time">The server's clock.</param>
    /// <param name="optionsKind">CreateOptions, UpdateOptions, PatchOptions, DeleteOptions: named by messages; "" for reads.</param>
    /// <exception cref="ApiException">422: an option is wrong.</exception>
    public static RequestScope Create(HttpContext context, RequestInfo info, ServedResource resource, UserInfo user, TimeProvider time, string optionsKind)
    {
        var query = context.Request.Query;
        var dryRun = query["dryRun"];
        var manager = QueryFlags.Text(query["fieldManager"]);
        var validation = QueryFlags.Text(query["fieldValidation"]);
        if (optionsKind.Length > 0 && query.Count > 0)
        {
            var errors = new FieldErrorList();
            if (dryRun.Count > 0 && dryRun.Any(static d => d != "All"))
            {
                errors.NotSupported(FieldPath.Root("dryRun"), dryRun.Count == 1 ? new Bare($"[\"{dryRun[0]}\"]") : null, ["All"]);
            }

            ValidateManager(manager, errors);
            if (optionsKind != "DeleteOptions" && !Validations.Contains(validation))
            {
                errors.NotSupported(FieldPath.Root("fieldValidation"), validation, Validations);
            }

            if (Errors.Invalid("meta.k8s.io", optionsKind, "", errors) is { } invalid)
            {
                throw invalid;
            }
        }

        var scope = new RequestScope
        {
            Resource = resource,
            Subresource = info.Subresource,
            Namespace = resource.Info.Namespaced ? info.Namespace : "",
            Name = info.Name,
            User = user,
            Time = time,
            DryRun = dryRun.Count > 0,
            GivenFieldManager = manager,
            FieldManager = manager.Length > 0 ? manager : ManagerOf(context.Request.Headers.UserAgent.ToString()),
            FieldValidation = validation.Length == 0 ? "Warn" : validation,
            GivenFieldValidation = validation,
            Audit = AuditTrail.Of(context),
        };
        info.Warnings = scope.Warnings;
        return scope;
    }

    /// <summary>The manager of a client that names none: the first word of its user agent.</summary>
    public static string ManagerOf(string userAgent)
    {
        var cut = userAgent.IndexOf('/', StringComparison.Ordinal);
        var name = cut < 0 ? userAgent : userAgent[..cut];
        var clean = name.Length <= FieldManagerMax && !name.Any(char.IsControl)
            ? name
            : new string(name.Where(static c => !char.IsControl(c)).Take(FieldManagerMax).ToArray());
        return clean.Length == 0 ? "unknown" : clean;
    }

    private static void ValidateManager(string manager, FieldErrorList errors)
    {
        var path = FieldPath.Root("fieldManager");
        if (System.Text.Encoding.UTF8.GetByteCount(manager) > FieldManagerMax)
        {
            errors.TooLong(path, FieldManagerMax);
        }

        for (var i = 0; i < manager.Length; i++)
        {
            if (char.IsControl(manager[i]))
            {
                errors.Invalid(path, manager, $"invalid character U+{(int)manager[i]:X4} (at position {i})");
                break;
            }
        }
    }
}
