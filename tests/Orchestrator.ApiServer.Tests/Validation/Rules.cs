using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Tests.Validation;

/// <summary>Takes objects through defaults and a resource's rules, without server or store.</summary>
internal static class Rules
{
    /// <summary>Faults of a new object as <c>field: text</c>.</summary>
    public static string[] Create(string resource, string json, List<string>? warnings = null)
    {
        var (strategy, obj) = Read(resource, "", json);
        var context = Context();
        var errors = new FieldErrorList();
        strategy.PrepareForCreate(obj, context);
        strategy.Validate(obj, errors);
        strategy.Warnings(obj, null, context);
        warnings?.AddRange(context.Warnings);
        return [.. errors.Select(static e => e.ToString())];
    }

    /// <summary>Faults of a change.</summary>
    public static string[] Update(string resource, string before, string after, string subresource = "", List<string>? warnings = null)
    {
        var (strategy, obj) = Read(resource, subresource, after);
        var (_, old) = Read(resource, subresource, before);
        var context = Context();
        var errors = new FieldErrorList();
        strategy.PrepareForUpdate(obj, old, context);
        strategy.ValidateUpdate(obj, old, errors);
        strategy.Warnings(obj, old, context);
        warnings?.AddRange(context.Warnings);
        return [.. errors.Select(static e => e.ToString())];
    }

    /// <summary>What a resource makes of a new object before it is judged, as JSON.</summary>
    public static string Prepared(string resource, string json)
    {
        var (strategy, obj) = Read(resource, "", json);
        strategy.PrepareForCreate(obj, Context());
        return Encoding.UTF8.GetString(ApiJson.WriteToArray(obj));
    }

    private static StrategyContext Context() => new() { User = new UserInfo { Name = "a" }, Time = TimeProvider.System };

    private static (ResourceStrategy Strategy, ApiObject Object) Read(string resource, string subresource, string json)
    {
        var (apiVersion, kind) = TypeMetaSniffer.Read(Encoding.UTF8.GetBytes(json));
        var obj = (ApiObject)ApiJson.Read(ApiTypes.FindKind(apiVersion, kind)!, Encoding.UTF8.GetBytes(json));
        var meta = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        meta.Default(ObjectMeta.Fields.Name, "n");
        meta.Default(ObjectMeta.Fields.Uid, "11111111-2222-3333-4444-555555555555");
        meta.Default(ObjectMeta.Fields.ResourceVersion, "1");
        if (resource is not ("persistentvolumes" or "nodes" or "storageclasses" or "volumeattachments" or "volumeattributesclasses" or "csinodes" or "csidrivers" or "runtimeclasses" or "ipaddresses"
            or "ingressclasses" or "servicecidrs" or "namespaces"))
        {
            meta.Default(ObjectMeta.Fields.Namespace, "ns");
        }

        Defaulting.Apply(obj);
        var group = apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
        return (StrategyTable.Find(group, resource, subresource)!, obj);
    }
}
