using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Json;
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
            if (optionsKind == "PatchOptions")
            {
                var mediaType = Patcher.MediaType(context.Request);
                Patcher.CheckType(resource, mediaType);
                Patcher.CheckOptions(manager, mediaType, QueryFlags.Flag(query["force"]), errors);
            }

            // Deletions know neither a manager nor how strictly to decode.
            var isDeletion = optionsKind == "DeleteOptions";
            if (!isDeletion)
            {
                ValidateManager(manager, errors);
            }

            if (dryRun.Count > 0 && dryRun.Any(static d => d != "All"))
            {
                errors.NotSupported(FieldPath.Root("dryRun"), new Bare("[" + string.Join(',', dryRun.Select(static d => GoText.Quote(d!))) + "]"), ["All"]);
            }

            if (!isDeletion && !Validations.Contains(validation))
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
            Verb = info.Verb,
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

        var position = 0;
        foreach (var rune in manager.EnumerateRunes())
        {
            if (!IsPrintable(rune))
            {
                errors.Invalid(path, manager, $"invalid character U+{rune.Value:X4} (at position {position})");
            }

            position += rune.Utf8SequenceLength;
        }
    }

    /// <summary>Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of all spaces the plain one.</summary>
    private static bool IsPrintable(Rune rune)
    {
        if (rune.IsAscii)
        {
            return rune.Value is >= ' ' and < 127;
        }

        var category = Rune.GetUnicodeCategory(rune);
        return category is <= UnicodeCategory.OtherNumber or >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherSymbol;
    }
}
