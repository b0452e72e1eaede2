using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Strategies.Core;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Tests.Events;

/// <summary>Events as events.k8s.io/v1 takes them.</summary>
public sealed class EventRulesTests
{
    private static readonly Event Before = new()
    {
        Metadata = new ObjectMeta { Name = "e", Namespace = "ns", Uid = "u", ResourceVersion = "1" },
        InvolvedObject = new ObjectReference { Namespace = "ns" },
        EventTime = DateTimeOffset.UnixEpoch,
        Message = "before",
        Action = "Do",
        Reason = "Test",
        Type = "Normal",
        ReportingComponent = "test-controller",
        ReportingInstance = "test-node",
    };

    [Fact]
    public void Note_may_be_changed() => Assert.Empty(Update(Before with { Message = "after" }));

    [Fact]
    public void What_every_event_needs_cannot_be_taken_away() => Assert.Equal(["reportingInstance: Required value"], Update(Before with { ReportingInstance = "" }));

    private static string[] Update(Event after)
    {
        var errors = new FieldErrorList();
        new EventStrategy(isNewApi: true).ValidateUpdate(after, Before, errors);
        return [.. errors.Select(static e => e.ToString())];
    }
}
