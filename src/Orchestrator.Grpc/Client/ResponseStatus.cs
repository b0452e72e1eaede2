using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Orchestrator.Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>What HTTP says about the end of a call, as a status.</summary>
internal static class ResponseStatus
{
    /// <summary>The status of trailers or of headers alone; null if they hold none.</summary>
    public static Status? Of(HttpHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(GrpcHeaders.Status, out var codes))
        {
            return null;
        }

        var detail = headers.NonValidated.TryGetValues(GrpcHeaders.Message, out var messages)
            ? StatusMessage.Decode(string.Join(",", messages))
            : "";
        return int.TryParse(codes.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new Status(code <= (int)StatusCode.Unauthenticated ? (StatusCode)code : StatusCode.Unknown, detail)
            : new Status(StatusCode.Unknown, $"The server sent the status \"{codes}\", which is not a number.");
    }

    /// <summary>Headers or trailers as metadata.</summary>
    public static Metadata MetadataOf(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (GrpcHeaders.IsReserved(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                MetadataCodec.Add(metadata, name, value);
            }
        }

        return metadata;
    }

    /// <summary>The status of an answer that is not gRPC's: a proxy's, or a server that speaks something else.</summary>
    public static Status OfHttp(HttpStatusCode status) =>
        new(
            (int)status switch
            {
                400 => StatusCode.Internal,
                401 => StatusCode.Unauthenticated,
                403 => StatusCode.PermissionDenied,
                404 => StatusCode.Unimplemented,
                429 or 502 or 503 or 504 => StatusCode.Unavailable,
                _ => StatusCode.Unknown,
            },
            $"The server answered with HTTP status {(int)status}, not with gRPC.");

    /// <summary>The status of a call that the transport ended.</summary>
    public static Status OfTransport(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            // The error codes of RFC 9113, section 7, and what gRPC makes of them.
            if (e is HttpProtocolException { ErrorCode: var code })
            {
                return new Status(
                    code switch
                    {
                        0x7 => StatusCode.Unavailable, // REFUSED_STREAM
                        0x8 => StatusCode.Cancelled, // CANCEL
                        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
                        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
                        _ => StatusCode.Internal,
                    },
                    $"The stream was reset: {e.Message}",
                    exception);
            }
        }

        return exception is HttpRequestException or IOException or ObjectDisposedException
            ? new Status(StatusCode.Unavailable, $"The server cannot be reached: {exception.Message}", exception)
            : new Status(StatusCode.Internal, exception.Message, exception);
    }
}
