using Orchestrator.Api;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Tests.Admission;

public sealed class AdmissionChoiceTests
{
    private static readonly IAdmissionPlugin[] All = [new Named("A"), new Named("B"), new Named("C")];

    [Fact]
    public void Without_a_choice_every_plugin_is_on() => Assert.Equal(["A", "B", "C"], On(new AdmissionChoice()));

    [Fact]
    public void The_disabled_are_off_and_the_order_stays() => Assert.Equal(["A", "C"], On(new AdmissionChoice { Enabled = ["C"], Disabled = ["B"] }));

    [Fact]
    public void A_name_that_no_plugin_has_is_refused() =>
        Assert.Contains("admission plugin X is not one of A, B, C", Assert.Throws<FormatException>(() => On(new AdmissionChoice { Disabled = ["X"] })).Message, StringComparison.Ordinal);

    [Fact]
    public void On_and_off_at_once_is_refused() => Assert.Throws<FormatException>(() => On(new AdmissionChoice { Enabled = ["A"], Disabled = ["A"] }));

    private static string[] On(AdmissionChoice choice) => [.. choice.Of(All).Select(static p => p.Name)];

    private sealed record Named(string Name) : IAdmissionPlugin
    {
        public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => false;
    }
}
