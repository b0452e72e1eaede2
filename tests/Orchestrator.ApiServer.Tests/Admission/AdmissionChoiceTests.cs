using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Tests.Admission;

public sealed class AdmissionChoiceTests
{
    private static readonly string[] All = ["A", "B", "C", "D"];
    private static readonly HashSet<string> OffByDefault = ["D"];

    [Fact]
    public void Without_a_choice_the_default_plugins_are_on() => Assert.Equal(["A", "B", "C"], On(new AdmissionChoice()));

    [Fact]
    public void The_disabled_are_off_and_the_order_stays() => Assert.Equal(["A", "C"], On(new AdmissionChoice { Enabled = ["C"], Disabled = ["B"] }));

    [Fact]
    public void One_that_is_off_by_default_can_be_on() => Assert.Equal(["A", "B", "C", "D"], On(new AdmissionChoice { Enabled = ["D"] }));

    [Fact]
    public void A_name_that_no_plugin_has_is_refused() =>
        Assert.Contains("admission plugin X is not one of A, B, C, D", Assert.Throws<FormatException>(() => On(new AdmissionChoice { Disabled = ["X"] })).Message, StringComparison.Ordinal);

    [Fact]
    public void On_and_off_at_once_is_refused() => Assert.Throws<FormatException>(() => On(new AdmissionChoice { Enabled = ["A"], Disabled = ["A"] }));

    private static IReadOnlyList<string> On(AdmissionChoice choice) => choice.Of(All, OffByDefault);
}
