using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Http;

/// <summary>Reads a request's body whole, up to a limit.</summary>
internal static class BodyReader
{
    /// <summary>Upstream's limit of a body: 3 MiB.</summary>
    public const int MaxBytes = 3 * 1024 * 1024;

    /// <exception cref="ApiException">413, or 400 when the client hangs up or breaks the rules of HTTP within its body.</exception>
    public static async ValueTask<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > MaxBytes)
        {
            throw TooLarge();
        }

        var reader = request.BodyReader;
        while (true)
        {
            ReadResult result;
            try
            {
                result = await reader.ReadAsync(cancellationToken);
            }
            catch (IOException broken)
            {
                throw Errors.BadRequest(broken.Message);
            }

            var buffer = result.Buffer;
            if (buffer.Length > MaxBytes)
            {
                throw TooLarge();
            }

            if (result.IsCompleted)
            {
                var body = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return IsBinary(request) ? body : GoUtf8.Repair(body);
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static bool IsBinary(HttpRequest request) => request.ContentType?.Contains("protobuf", StringComparison.OrdinalIgnoreCase) == true;

    private static ApiException TooLarge() => Errors.TooLarge($"limit is {MaxBytes}");
}
