using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator get</c>: one object, or one value of it, for scripts on machines without kubectl.</summary>
internal static class GetCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var target = new Argument<string>("object") { Description = "TYPE/NAME, such as service/web" };
        var valuePath = new Option<string?>("--path") { Description = "Print only the value there, such as spec.clusterIP", HelpName = "PATH" };
        var command = new Command("get", "Print an object as JSON") { target, valuePath, ClientCommand.Kubeconfig, ClientCommand.Namespace };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = ObjectReference.Parse(parsed.GetValue(target)!, parsed.GetValue(ClientCommand.Namespace)!);
            using var cluster = ClientCommand.Connect(parsed.GetValue(ClientCommand.Kubeconfig)!);
            var found = (await cluster.GetAsync<ApiObject>(path, null, cancellationToken)).OrFail(parsed.GetValue(target)!);
            JsonNode? value = JsonNode.Parse(ApiJson.WriteToArray(found));
            foreach (var step in parsed.GetValue(valuePath)?.Split('.') ?? [])
            {
                value = value switch
                {
                    JsonObject fields => fields[step],
                    JsonArray items when int.TryParse(step, out var index) && index < items.Count => items[index],
                    _ => null,
                };
            }

            Console.WriteLine(value is JsonValue scalar ? scalar.ToString() : value?.ToJsonString(Indented)
                ?? throw new SettingException($"{parsed.GetValue(target)} has no {parsed.GetValue(valuePath)}"));
        });
        return command;
    }
}
