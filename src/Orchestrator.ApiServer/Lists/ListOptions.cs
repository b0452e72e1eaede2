using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Selectors;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Lists;

/// <summary>The options of a list, a watch or a deletecollection.</summary>
internal sealed class ListOptions
{
    private const string NotOlderThan = "NotOlderThan";
    private static readonly string[] Matches = ["Exact", NotOlderThan, ""];

    public LabelMatcher Labels { get; init; } = LabelMatcher.Everything;

    public required FieldSelector Fields { get; init; }

    public bool Watch { get; init; }

    public bool AllowBookmarks { get; init; }

    public string ResourceVersion { get; init; } = "";

    public string ResourceVersionMatch { get; init; } = "";

    public long? TimeoutSeconds { get; init; }

    public long Limit { get; init; }

    public string Continue { get; init; } = "";

    public bool? SendInitialEvents { get; init; }

    /// <summary>Whether the selectors admit an object.</summary>
    public bool Selects(ApiObject obj, ServedResource resource) => Labels.Matches(obj.Metadata.Labels) && (Fields.IsEverything || Fields.Matches(obj, resource.SelectableFields));

    /// <summary>The options of a caller in this process.</summary>
    /// <exception cref="ApiException">An option is wrong.</exception>
    public static ListOptions From(Api.Meta.V1.ListOptions? given, ServedResource resource, bool watch)
    {
        var options = new ListOptions
        {
            Labels = given is null ? LabelMatcher.Everything : ParseLabels(given.LabelSelector),
            Fields = FieldSelector.Parse(given?.FieldSelector ?? "", resource.SelectableFields),
            Watch = watch,
            AllowBookmarks = given?.AllowWatchBookmarks ?? false,
            ResourceVersion = given?.ResourceVersion ?? "",
            ResourceVersionMatch = given?.ResourceVersionMatch ?? "",
            TimeoutSeconds = given?.TimeoutSeconds,
            Limit = given?.Limit ?? 0,
            Continue = given?.Continue ?? "",
            SendInitialEvents = given?.SendInitialEvents,
        };
        options.Validate();
        return options;
    }

    /// <exception cref="ApiException">A parameter is wrong.</exception>
    public static ListOptions Parse(IQueryCollection query, ServedResource resource, bool watch)
    {
        var timeout = QueryFlags.Number(query["timeoutSeconds"]);
        var limit = QueryFlags.Number(query["limit"]) ?? 0;
        var options = new ListOptions
        {
            Labels = ParseLabels(QueryFlags.Text(query["labelSelector"])),
            Fields = FieldSelector.Parse(QueryFlags.Text(query["fieldSelector"]), resource.SelectableFields),
            Watch = watch,
            AllowBookmarks = QueryFlags.IsTrue(query["allowWatchBookmarks"]),
            ResourceVersion = QueryFlags.Text(query["resourceVersion"]),
            ResourceVersionMatch = QueryFlags.Text(query["resourceVersionMatch"]),
            TimeoutSeconds = timeout,
            Limit = limit,
            Continue = QueryFlags.Text(query["continue"]),
            SendInitialEvents = QueryFlags.Flag(query["sendInitialEvents"]),
        };
        options.Validate();
        return options;
    }

    /// <summary>These options for one object, as the old watch paths name it.</summary>
    /// <exception cref="ApiException">400: the field selector asks for another name.</exception>
    public ListOptions ForName(string name) => Fields.ExactName is { } other && other != name
        ? throw Errors.BadRequest("fieldSelector metadata.name doesn't match requested name")
        : new ListOptions
        {
            Labels = Labels,
            Fields = Fields.WithName(name),
            Watch = Watch,
            AllowBookmarks = AllowBookmarks,
            ResourceVersion = ResourceVersion,
            ResourceVersionMatch = ResourceVersionMatch,
            TimeoutSeconds = TimeoutSeconds,
            Limit = Limit,
            Continue = Continue,
            SendInitialEvents = SendInitialEvents,
        };

    private static LabelMatcher ParseLabels(string text)
    {
        try
        {
            return LabelMatcher.Parse(text);
        }
        catch (FormatException error)
        {
            throw Errors.BadRequest(error.Message);
        }
    }

    private void Validate()
    {
        var errors = new FieldErrorList();
        var match = FieldPath.Root("resourceVersionMatch");
        var given = ResourceVersionMatch.Length > 0;
        // Upstream makes a watch that starts at the present a list of initial events before it looks.
        var isInitial = Watch && SendInitialEvents is null && !given && ResourceVersion is "" or "0";

        // Each rule by itself and in this order: several may be broken at once.
        if (Watch)
        {
            if (SendInitialEvents is not null && ResourceVersionMatch != NotOlderThan)
            {
                errors.Forbidden(match, $"sendInitialEvents requires setting resourceVersionMatch to {NotOlderThan}");
            }

            if (given && SendInitialEvents is null)
            {
                errors.Forbidden(match, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            }

            if (given && ResourceVersionMatch != NotOlderThan)
            {
                errors.NotSupported(match, ResourceVersionMatch, [NotOlderThan]);
            }
        }
        else if (given && ResourceVersion.Length == 0)
        {
            errors.Forbidden(match, "resourceVersionMatch is forbidden unless resourceVersion is provided");
        }

        if ((given || isInitial) && Continue.Length > 0)
        {
            errors.Forbidden(match, "resourceVersionMatch is forbidden when continue is provided");
        }

        if (!Watch)
        {
            if (!Matches.Contains(ResourceVersionMatch))
            {
                errors.NotSupportedInOrder(match, ResourceVersionMatch, Matches);
            }

            if (ResourceVersionMatch == "Exact" && ResourceVersion == "0")
            {
                errors.Forbidden(match, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
            }

            if (SendInitialEvents is not null)
            {
                errors.Forbidden(FieldPath.Root("sendInitialEvents"), "sendInitialEvents is forbidden for list");
            }
        }

        if (Errors.Invalid("meta.k8s.io", "ListOptions", "", errors) is { } invalid)
        {
            throw invalid;
        }
    }
}
