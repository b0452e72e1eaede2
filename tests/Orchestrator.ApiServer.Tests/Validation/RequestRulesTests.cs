using System.Text;
using Orchestrator.Api.Authorization.V1;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Reviews;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Certificates;

namespace Orchestrator.ApiServer.Tests.Validation;

/// <summary>What upstream says of reviews and signing requests, and in which order; which texts are times.</summary>
public sealed class RequestRulesTests
{
    [Fact]
    public void Conditions_of_a_signing_request_come_before_what_may_not_change()
    {
        var old = Read<CertificateSigningRequest>("""{"status":{"conditions":[{"type":"Approved","status":"True"},{"type":"Failed","status":"True"}]}}""");
        var next = Read<CertificateSigningRequest>(
            """{"status":{"certificate":"eA==","conditions":[{"type":"Approved","status":"True"},{"type":"Denied","status":"False"},{"type":"","status":"True"}]}}""");
        var errors = new FieldErrorList();
        SigningRequestValidator.Update(next, old, errors, maySign: true, mayApprove: false);
        Assert.Equal(
            [
                "status.conditions[1].status: Unsupported value: \"False\": supported values: \"True\"",
                "status.conditions: Invalid value: \"Denied\": Approved and Denied conditions are mutually exclusive",
                "status.conditions[2].type: Required value",
                "status.conditions: Invalid value: \"\": Approved and Denied conditions are mutually exclusive",
                "status.certificate: Invalid value: \"<certificate data>\": must contain at least one CERTIFICATE PEM block",
                "status.conditions: Forbidden: updates may not remove a condition of type \"Failed\"",
                "status.conditions: Forbidden: updates may not add a condition of type \"Denied\"",
            ],
            errors.Select(static e => e.ToString()));
    }

    [Theory]
    [InlineData("""{"fieldSelector":{}}""", "fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required")]
    [InlineData("""{"labelSelector":{"rawSelector":"a","requirements":[{"key":"k","operator":"New"}]}}""", "labelSelector.rawSelector: Invalid value: \"a\": may not specified at the same time as requirements")]
    [InlineData("""{"fieldSelector":{"requirements":[{"operator":"In"}]}}""", "fieldSelector.requirements[0].key: Required value: must be specified;spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'")]
    public async Task Selectors_of_reviews_are_given_one_way(string resource, string faults)
    {
        var review = Read<SubjectAccessReview>($$$$"""{"spec":{"user":"u","resourceAttributes":{{{{resource}}}}}}""");
        var refused = await Assert.ThrowsAsync<ApiException>(async () => await new AccessReviews(new AuthorizerChain([])).ReviewAsync(review, TestContext.Current.CancellationToken));
        Assert.Equal("spec.resourceAttributes." + faults, string.Join(';', refused.Status.Details!.Causes.Select(static c => $"{c.Field}: {c.Message}")));
    }

    [Theory]
    [InlineData("date-time", "2020-01-01T00:00:00Z", true)]
    [InlineData("date-time", "2020-01-01t00:00:00.5+01:00", true)]
    [InlineData("date-time", "2020-01-01 00:00:00Z", false)]
    [InlineData("date-time", "2020-01-01T00:00:00", false)]
    [InlineData("date-time", "2020-01-01T24:00:00Z", false)]
    [InlineData("duration", "3 days and 2 hours", true)]
    [InlineData("duration", "1h30m", true)]
    [InlineData("duration", "soon", false)]
    [InlineData("uri", "a:b", true)]
    [InlineData("uri", "a b", false)]
    public void Texts_have_formats_as_upstream_reads_them(string format, string text, bool fits) => Assert.Equal(fits, StringFormats.Matches(format, text));

    private static T Read<T>(string json)
        where T : Api.ApiStruct, new() => ApiJson.Read<T>(Encoding.UTF8.GetBytes(json));
}
