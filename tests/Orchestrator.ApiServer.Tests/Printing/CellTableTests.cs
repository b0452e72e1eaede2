using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.ApiServer.Printing;

namespace Orchestrator.ApiServer.Tests.Printing;

public sealed class CellTableTests
{
    [Theory]
    [InlineData("<unset>", "")]
    [InlineData(",web", "", "web")]
    [InlineData("a,b,c + 1 more...", "a", "b", "c", "d")]
    public void Ports_of_a_slice_without_numbers_are_named(string cell, params string[] names) => Assert.Equal(
        cell,
        CellTable.Of(new EndpointSlice { AddressType = "IPv4", Ports = [.. names.Select(static n => new EndpointPort { Name = n })] }, DateTimeOffset.UnixEpoch)[2]);

    [Fact]
    public void A_bindings_selector_is_shown_as_its_message_prints_itself() => Assert.Equal(
        "&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}",
        CellTable.Of(
            new ValidatingAdmissionPolicyBinding
            {
                Spec = new() { ParamRef = new() { Selector = new() { MatchLabels = ApiMap<string>.From([KeyValuePair.Create("a", "b")]), MatchExpressions = [new() { Key = "k", Operator = "In", Values = ["x", "y"] }] } } },
            },
            DateTimeOffset.UnixEpoch)[2]);
}
