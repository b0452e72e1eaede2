namespace Orchestrator.ApiServer.CustomResources.Conversion;

/// <summary>A conversion webhook did not convert.</summary>
/// <param name="failure">Which kind of failure it is, of upstream's closed set; metrics show it.</param>
/// <param name="message">Upstream's.</param>
internal sealed class ConversionException(string failure, string message) : Exception(message)
{
    public const string Call = "conversion_webhook_call_failure";
    public const string Malformed = "conversion_webhook_malformed_response_failure";
    public const string Partial = "conversion_webhook_partial_response_failure";
    public const string Invalid = "conversion_webhook_invalid_converted_object_failure";

    public string Failure => failure;
}
