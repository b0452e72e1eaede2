using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>Asks admission before anybody is connected to a pod, a service or a node: the query, as the options of the subresource's kind, is what is judged.</summary>
internal sealed class ConnectAdmission(AdmissionChain chain)
{
    /// <param name="context">The request.</param>
    /// <param name="info">What its path says.</param>
    /// <param name="scope">Of a subresource whose kind is a kind of options, such as PodExecOptions.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <exception cref="ApiException">The connection is refused.</exception>
    public async ValueTask AdmitAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken)
    {
        var described = scope.Resource.Info.Subresources.First(s => s.Name == scope.Subresource);
        var options = Options(described, scope.Resource.Info.ApiVersion, context.Request.Query, info);
        var run = AdmissionRun.Begin(chain, scope, AdmissionOperation.Connect, options, null);
        await run.MutateAsync(cancellationToken);
        await run.ValidateAsync(options, cancellationToken);
        Responses.AddWarnings(context, scope.Warnings);
    }

    private static ApiStruct Options(SubresourceInfo described, string apiVersion, IQueryCollection query, RequestInfo info)
    {
        var schema = ApiTypes.Find("core_v1." + described.Kind) ?? throw new InvalidOperationException($"No type for {described.Kind}.");
        var options = schema.Create();
        foreach (var field in schema.FieldList)
        {
            var given = query[field.Name];
            options.Slots[field.Ordinal] = field switch
            {
                { Name: "kind" } => described.Kind,
                { Name: "apiVersion" } => apiVersion,
                { Name: "path" } when described.Name == "proxy" => info.Rest.Length == 0 ? null : "/" + info.Rest.TrimStart('/'),
                _ when given.Count == 0 => null,
                { Kind: FieldKind.Bool } => QueryFlags.IsTrue(given),
                { Shape: FieldShape.List, Kind: FieldKind.String } => given.Select(static v => v ?? "").ToApiList(),
                { Shape: FieldShape.List, Kind: FieldKind.Int32 } => given.Select(static v => int.TryParse(v, out var number) ? number : 0).ToApiList(),
                { Kind: FieldKind.String } => given.ToString(),
                _ => null,
            };
        }

        return options;
    }
}
