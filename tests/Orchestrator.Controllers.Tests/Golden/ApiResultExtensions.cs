using Orchestrator.Client;

namespace Orchestrator.Controllers.Tests.Golden;

internal static class ApiResultExtensions
{
    /// <summary>For requests that a test cannot do without.</summary>
    public static void ThrowIfRefused<T>(this ApiResult<T> result) => _ = result.Value;
}
