using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>The parameters of requests, by what is done.</summary>
internal static class OperationParameters
{
    /// <summary>Of every request that is answered with objects.</summary>
    public static readonly OperationParameter Pretty = Query("pretty", "string");

    /// <summary>Of reads of custom resources.</summary>
    public static readonly OperationParameter ResourceVersion = Query("resourceVersion", "string");

    /// <summary>Of lists and watches.</summary>
    public static readonly OperationParameter[] List =
    [
        Query("labelSelector", "string"), Query("fieldSelector", "string"), Query("watch", "boolean"), Query("allowWatchBookmarks", "boolean"), ResourceVersion,
        Query("resourceVersionMatch", "string"), Query("timeoutSeconds", "integer"), Query("limit", "integer"), Query("continue", "string"), Query("sendInitialEvents", "boolean"),
        Query("shardSelector", "string"),
    ];

    /// <summary>Of what is created or replaced.</summary>
    public static readonly OperationParameter[] Write = [Query("dryRun", "string"), Query("fieldManager", "string"), Query("fieldValidation", "string")];

    /// <summary>Of patches.</summary>
    public static readonly OperationParameter[] Patch = [.. Write, Query("force", "boolean")];

    /// <summary>Of deletions.</summary>
    public static readonly OperationParameter[] Delete =
    [
        Query("dryRun", "string"), Query("gracePeriodSeconds", "integer"), Query("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
        Query("orphanDependents", "boolean"), Query("propagationPolicy", "string"),
    ];

    /// <summary>Of deletions of whole collections.</summary>
    public static readonly OperationParameter[] DeleteCollection = [.. Delete, .. List.Where(static p => p.Name is not ("watch" or "allowWatchBookmarks" or "dryRun"))];

    private static readonly Dictionary<string, StructSchema> Options = new(StringComparer.Ordinal)
    {
        [nameof(PodLogOptions)] = PodLogOptions.ApiType,
        [nameof(PodExecOptions)] = PodExecOptions.ApiType,
        [nameof(PodAttachOptions)] = PodAttachOptions.ApiType,
        [nameof(PodPortForwardOptions)] = PodPortForwardOptions.ApiType,
        [nameof(PodProxyOptions)] = PodProxyOptions.ApiType,
        [nameof(NodeProxyOptions)] = NodeProxyOptions.ApiType,
        [nameof(ServiceProxyOptions)] = ServiceProxyOptions.ApiType,
    };

    /// <summary>What a kind of options holds, as far as it is simple; times are not.</summary>
    public static IEnumerable<OperationParameter> Of(string optionsKind)
    {
        foreach (var field in Options[optionsKind].FieldList)
        {
            var type = field.Kind switch { FieldKind.Bool => "boolean", FieldKind.Int32 or FieldKind.Int64 => "integer", FieldKind.String => "string", _ => null };
            if (type is not null && field.Name is not ("kind" or "apiVersion"))
            {
                yield return Query(field.Name, type);
            }
        }
    }

    /// <summary>The parameters of an operation with those of its path.</summary>
    /// <param name="parameters">Its own.</param>
    /// <param name="kind">What is named in the path.</param>
    /// <param name="inNamespace">Whether the path names the namespace.</param>
    /// <param name="named">Whether the path names the object.</param>
    public static IReadOnlyList<OperationParameter> At(IEnumerable<OperationParameter> parameters, string kind, bool inNamespace, bool named)
    {
        var all = parameters.ToList();
        if (inNamespace)
        {
            all.Add(new("namespace", "string", ParameterDescriptions.Of("namespace"), InPath: true));
        }

        if (named)
        {
            all.Add(new("name", "string", "The name of the " + kind + ".", InPath: true));
        }

        return all;
    }

    /// <summary>What follows <c>proxy</c> in the path.</summary>
    public static OperationParameter ProxyPath { get; } = new("path", "string", "The path to the resource.", InPath: true);

    private static OperationParameter Query(string name, string type) => new(name, type, ParameterDescriptions.Of(name));
}
