using System.Text;
using Orchestrator.Api.Json;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;
using Namespace = Orchestrator.Api.Core.V1.Namespace;

namespace Orchestrator.ApiServer.Tests.Validation;

public sealed class DeviceRulesTests
{
    [Theory]
    [InlineData("device.driver == 'x' && device.capacity['d'].m.isGreaterThan(quantity('1'))", false)]
    [InlineData("cel.bind(d, device.attributes['d'], d.a && d.b)", false)]
    [InlineData("device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, true))))", true)]
    public void Selectors_have_a_price(string expression, bool tooComplex)
    {
        Assert.Equal("", DeviceExpressions.Fault(expression, out var isTooComplex));
        Assert.Equal(tooComplex, isTooComplex);
    }

    [Theory]
    [InlineData("11111111-1111-1111-1111-11111111111a", "")]
    [InlineData("x", "u: Invalid value: \"x\": error validating uid: invalid UUID length: 1")]
    [InlineData("11111111x1111-1111-1111-111111111111", "u: Invalid value: \"11111111x1111-1111-1111-111111111111\": error validating uid: invalid UUID format")]
    public void Uids_are_read_as_upstreams_library_reads_them(string uid, string fault)
    {
        var errors = new FieldErrorList();
        DeviceRules.Uid(uid, FieldPath.Root("u"), errors);
        Assert.Equal(fault, string.Join(';', errors));
    }

    [Theory]
    [InlineData("true", "")]
    [InlineData("yes", "spec.devices.requests[1].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace")]
    public void Only_labelled_namespaces_have_admin_access(string label, string fault)
    {
        var claim = Read<ResourceClaim>("""{"metadata":{"namespace":"n"},"spec":{"devices":{"requests":[{"name":"a","exactly":{}},{"name":"b","exactly":{"adminAccess":true}}]}}}""");
        var ns = Read<Namespace>($$$$"""{"metadata":{"labels":{"resource.kubernetes.io/admin-access":"{{{{label}}}}"}}}""");
        var errors = new FieldErrorList();
        StrategyTable.Find("resource.k8s.io", "resourceclaims")!.ValidateSurroundings(claim, null, name => name == "n" ? ns : null, errors);
        Assert.Equal(fault, string.Join(';', errors));
    }

    private static T Read<T>(string json)
        where T : Api.ApiStruct, new() => ApiJson.Read<T>(Encoding.UTF8.GetBytes(json));
}
