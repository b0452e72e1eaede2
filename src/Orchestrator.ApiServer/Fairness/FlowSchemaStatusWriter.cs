using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.FlowControl.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>Writes into flow schemas whether the priority level that they name exists, by the name and in the way of upstream's controller.</summary>
internal sealed partial class FlowSchemaStatusWriter(
    FlowConfiguration configuration, Patcher patcher, ResourceRegistry registry, TimeProvider time, ILogger<FlowSchemaStatusWriter> logger)
{
    private const string Manager = "api-priority-and-fairness-config-consumer-v1";
    private static readonly UserInfo Server = new() { Name = "system:apiserver", Groups = [Groups.Masters] };
    private readonly Channel<FlowSchema> _changed = Channel.CreateUnbounded<FlowSchema>();

    /// <summary>The schemas whose condition is written.</summary>
    public FollowUp FollowUp { get; } = new(time);

    /// <summary>Works until cancelled. Several servers write the same, so they do not disturb each other.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var schema in _changed.Reader.ReadAllAsync(cancellationToken))
            {
                await WriteAsync(schema, cancellationToken);
                FollowUp.Reached(new Revision(long.Parse(schema.Metadata.ResourceVersion, CultureInfo.InvariantCulture)));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    public void Enqueue(FlowSchema schema) => _changed.Writer.TryWrite(schema);

    private async Task WriteAsync(FlowSchema schema, CancellationToken cancellationToken)
    {
        var level = schema.Spec.PriorityLevelConfiguration.Name;
        var found = configuration.HasLevel(level);
        var status = found ? "False" : "True";
        var reason = found ? "Found" : "NotFound";
        var message = $"This FlowSchema references the PriorityLevelConfiguration object named {GoText.Quote(level)} {(found ? "and it exists" : "but there is no such object")}";
        var current = schema.Status.Conditions.FirstOrDefault(static c => c.Type == "Dangling");
        if (current is not null && current.Status == status && current.Reason == reason && current.Message == message)
        {
            return;
        }

        var since = current is not null && current.Status == status && current.LastTransitionTime is { } kept ? kept.ToString() : time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var body = new JsonObject
        {
            ["apiVersion"] = "flowcontrol.apiserver.k8s.io/v1",
            ["kind"] = "FlowSchema",
            ["metadata"] = new JsonObject { ["name"] = schema.Metadata.Name },
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = "Dangling", ["status"] = status, ["lastTransitionTime"] = since, ["reason"] = reason, ["message"] = message,
                }),
            },
        };
        var scope = new RequestScope
        {
            Resource = registry.Find("flowcontrol.apiserver.k8s.io", "v1", "flowschemas")!,
            Subresource = "status",
            Name = schema.Metadata.Name,
            User = Server,
            Time = time,
            FieldManager = Manager,
            GivenFieldManager = Manager,
        };
        try
        {
            await patcher.PatchAsync(scope, "application/apply-patch+yaml", System.Text.Encoding.UTF8.GetBytes(body.ToJsonString()), force: true, cancellationToken);
        }
        catch (ApiException gone) when (gone.Status.Code == 404)
        {
            // Deleted meanwhile: there is nothing to write into.
        }
        catch (Exception failure) when (failure is ApiException or StoreException)
        {
            // The next change of the schema or of its level brings another try.
            LogFailed(schema.Metadata.Name, failure.Message);
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "The condition of FlowSchema {Key} could not be written: {Reason}")]
    private partial void LogFailed(string key, string reason);
}
