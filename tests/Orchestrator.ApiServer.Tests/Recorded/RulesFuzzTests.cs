using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Protobuf;
using Orchestrator.ApiServer.Conversions;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>
/// Recorded bodies, changed at random from a fixed seed, on their way through decoding, defaults, strategies and validation: every fault is a
/// message, never an exception, and what is accepted can be stored and read back.
/// </summary>
public sealed class RulesFuzzTests
{
    private static readonly UserInfo Admin = new() { Name = "admin", Groups = ["system:masters"] };

    /// <summary>Another seed or more rounds by ORCHESTRATOR_FUZZ_SEED and ORCHESTRATOR_FUZZ_ROUNDS.</summary>
    private static readonly int Seed = Setting("ORCHESTRATOR_FUZZ_SEED", 20260401);

    private static readonly int Rounds = Setting("ORCHESTRATOR_FUZZ_ROUNDS", 12000);

    [Fact]
    public void No_body_makes_the_rules_fail_or_an_object_that_cannot_be_read_back()
    {
        Assert.SkipWhen(GoldenFolder.Path is null, "The recorded answers are not here.");
        var steps = Directory.EnumerateDirectories(GoldenFolder.Path!).Order(StringComparer.Ordinal).SelectMany(d => GoldenFolder.Scenarios(Path.GetFileName(d)))
            .SelectMany(static s => s.Scenario["steps"]!.AsArray()).Select(static s => RecordedStep.Read(s!, static text => text.Replace("${", "", StringComparison.Ordinal)))
            .Where(static s => s is { Method: not "PATCH" } && StrategyTable.Find(s.Resource.Group, s.Resource.Resource, s.Subresource) is not null).ToArray();
        var random = new Random(Seed);
        var mutator = new BodyMutator(random);
        var accepted = 0;
        var failures = new List<string>();
        for (var round = 0; round < Rounds && failures.Count < 10; round++)
        {
            var step = steps[random.Next(steps.Length)]!;
            var body = mutator.Mutate(step.Body);
            try
            {
                accepted += Run(step, body) ? 1 : 0;
            }
            catch (Exception e) when (e is not (ApiDecodeException or ApiException))
            {
                failures.Add($"round {round}: {step.Method} {step.Resource.GroupResource} {body.ToJsonString()}\n{e}\n");
            }
            catch (Exception e) when (e is ApiDecodeException or ApiException)
            {
                // The request is refused before the rules see it.
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.True(accepted > Rounds / 20, $"Only {accepted} of {Rounds} bodies were accepted: too few say anything about storing.");
    }

    private static bool Run(RecordedStep step, JsonNode body)
    {
        var strategy = StrategyTable.Find(step.Resource.Group, step.Resource.Resource, step.Subresource)!;
        if (Read(step, body) is not { } obj)
        {
            return false;
        }

        var context = new StrategyContext { User = Admin, Time = TimeProvider.System };
        var errors = new FieldErrorList();
        if (step.IsCreate)
        {
            strategy.PrepareForCreate(obj, context);
            strategy.Validate(obj, errors);
            strategy.Warnings(obj, null, context);
        }
        else
        {
            var old = Read(step, step.Body)!;
            strategy.PrepareForUpdate(obj, old, context);
            strategy.ValidateUpdate(obj, old, errors);
            strategy.Warnings(obj, old, context);
        }

        // The messages are made, too: a value that cannot be shown is a failure like any other.
        _ = errors.Count > 0 ? errors.Aggregate() : "";
        if (errors.Count > 0)
        {
            return false;
        }

        strategy.Canonicalize(obj);
        var json = ApiJson.WriteToArray(obj);
        var back = (ApiObject)ApiJson.Read(obj.TypeSchema, json);
        Defaulting.Apply(back);
        Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(ApiJson.WriteToArray(back)));
        var message = ApiProtobuf.Write(obj);
        _ = ApiJson.WriteToArray(ApiProtobuf.Read(obj.TypeSchema, message));
        return true;
    }

    private static ApiObject? Read(RecordedStep step, JsonNode body)
    {
        if (ApiTypes.FindKind(step.Resource.ApiVersion, step.Resource.Kind) is not { } schema || body is not JsonObject)
        {
            return null;
        }

        var obj = (ApiObject)ApiJson.Read(schema, Encoding.UTF8.GetBytes(body.ToJsonString()));
        var meta = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        meta.Set(ObjectMeta.Fields.Namespace, step.Resource.Namespaced ? step.Namespace : null);
        meta.Set(ObjectMeta.Fields.ResourceVersion, "1");
        meta.Default(ObjectMeta.Fields.Uid, "11111111-2222-3333-4444-555555555555");
        meta.Default(ObjectMeta.Fields.CreationTimestamp, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        if (meta.Name.Length == 0)
        {
            meta.Set(ObjectMeta.Fields.Name, step.Name);
        }

        Defaulting.Apply(obj);
        return VersionConversion.ToStored(obj);
    }

    private static int Setting(string name, int preset) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : preset;
}
