using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Services;

/// <summary>What is told of servers that cannot be reached or do not answer as they should: the words of client-go and of Go's network packages, which people search for.</summary>
internal static class ClientFaults
{
    /// <summary>No more of an answer in plain text is quoted.</summary>
    private const int QuotedMax = 2048;

    /// <summary>Why a server could not be reached.</summary>
    public static string Of(HttpRequestException failure, Uri target)
    {
        var cause = failure.InnerException;
        var address = $"{target.Host}:{target.Port.ToString(CultureInfo.InvariantCulture)}";
        return cause switch
        {
            AuthenticationException => cause.Message,
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"dial tcp {address}: connect: connection refused",
            SocketException { SocketErrorCode: SocketError.HostUnreachable } => $"dial tcp {address}: connect: no route to host",
            SocketException { SocketErrorCode: SocketError.NetworkUnreachable } => $"dial tcp {address}: connect: network is unreachable",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"dial tcp: lookup {target.Host}: no such host",
            _ when failure.HttpRequestError == HttpRequestError.ResponseEnded => "EOF",
            _ => cause?.Message ?? failure.Message,
        };
    }

    /// <summary>What is wrong with an answer that is no success, or says nothing; null for a good one.</summary>
    /// <param name="code">The answer's code.</param>
    /// <param name="type">Its content type; null if it has none.</param>
    /// <param name="body">Its body.</param>
    public static string? Of(HttpStatusCode code, MediaTypeHeaderValue? type, ReadOnlySpan<byte> body)
    {
        var number = (int)code;
        if (number is >= 200 and <= 206)
        {
            return body.Length > 0 ? null : $"0-length response with status code: {number.ToString(CultureInfo.InvariantCulture)} and content type: {type}";
        }

        // A Status says it better than its code.
        if (StatusIn(body) is { } status)
        {
            return status.Message;
        }

        var text = type?.MediaType is null || type.MediaType.StartsWith("text/", StringComparison.Ordinal) ? Encoding.UTF8.GetString(body[..Math.Min(body.Length, QuotedMax)]).Trim() : "unknown";
        return number switch
        {
            400 => "the server rejected our request for an unknown reason",
            401 => "the server has asked for the client to provide credentials",
            403 or 415 => text,
            404 => "the server could not find the requested resource",
            405 => "the server does not allow this method on the requested resource",
            406 => text == "unknown" ? "the server was unable to respond with a content type that the client supports" : text,
            409 => "the server reported a conflict",
            422 => "the server rejected our request due to an error in our request",
            429 => "the server has received too many requests and has asked us to try again later",
            503 => "the server is currently unable to handle the request",
            504 => "the server was unable to return a response in the time allotted, but may still be processing the request",
            >= 500 => $"an error on the server ({GoText.Quote(text)}) has prevented the request from succeeding",
            _ => $"the server responded with the status code {number.ToString(CultureInfo.InvariantCulture)} but did not return more information",
        };
    }

    /// <summary>Refuses certificates that the chain's policy refuses, with what is wrong with them.</summary>
    /// <exception cref="AuthenticationException">The certificate is not good.</exception>
    public static bool Verify(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        var why = certificate is not X509Certificate2 shown ? "certificate signed by unknown authority"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? NameFault(shown, sender is SslStream stream ? stream.TargetHostName : "")
            : chain is not null && chain.ChainStatus.Any(static s => s.Status == X509ChainStatusFlags.NotTimeValid) ? "certificate has expired or is not yet valid"
            : "certificate signed by unknown authority";
        throw new AuthenticationException("tls: failed to verify certificate: x509: " + why);
    }

    private static string NameFault(X509Certificate2 certificate, string host)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        if (IPAddress.TryParse(host, out _))
        {
            var addresses = names?.EnumerateIPAddresses().Select(static a => a.ToString()).ToArray() ?? [];
            return addresses.Length == 0
                ? $"cannot validate certificate for {host} because it doesn't contain any IP SANs"
                : $"certificate is valid for {string.Join(", ", addresses)}, not {host}";
        }

        var hosts = names?.EnumerateDnsNames().ToArray() ?? [];
        return names is null && certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false).Length > 0 ? "certificate relies on legacy Common Name field, use SANs instead"
            : hosts.Length == 0 ? $"certificate is not valid for any names, but wanted to match {host}"
            : $"certificate is valid for {string.Join(", ", hosts)}, not {host}";
    }

    private static Status? StatusIn(ReadOnlySpan<byte> body)
    {
        try
        {
            return body.IsEmpty || ApiJson.Read<Status>(body) is not { Kind: "Status", ApiVersion: "v1", StatusValue: not "Success" } status ? null : status;
        }
        catch (Exception broken) when (broken is JsonException or ApiDecodeException)
        {
            return null;
        }
    }
}
