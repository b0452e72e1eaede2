using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Tests.Lists;

public sealed class ListOptionsTests
{
    [Theory]
    [InlineData(true, "Exact", "", "", true, "[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]")]
    [InlineData(true, "Exact", "", "", null, "[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]")]
    [InlineData(true, "NotOlderThan", "", "token", true, "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided")]
    [InlineData(false, "Newest", "", "token", null, "[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided, resourceVersionMatch: Unsupported value: \"Newest\": supported values: \"Exact\", \"NotOlderThan\", \"\"]")]
    [InlineData(false, "Exact", "0", "", false, "[resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\", sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]")]
    [InlineData(true, "", "", "token", null, "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided")]
    [InlineData(true, "", "7", "token", null, "")]
    [InlineData(true, "NotOlderThan", "7", "", true, "")]
    public void Every_broken_rule_is_told(bool watch, string match, string version, string token, bool? initial, string expected)
    {
        var given = new Api.Meta.V1.ListOptions { ResourceVersionMatch = match, ResourceVersion = version, Continue = token, SendInitialEvents = initial };
        var refused = Record.Exception(() => ListOptions.From(given, new ResourceRegistry().Find("", "v1", "configmaps")!, watch));
        Assert.Equal(expected.Length == 0 ? null : "ListOptions.meta.k8s.io \"\" is invalid: " + expected, (refused as ApiException)?.Status.Message);
    }
}
