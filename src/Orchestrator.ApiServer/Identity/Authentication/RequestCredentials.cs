using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>What a request brings to say who makes it.</summary>
/// <param name="Certificate">The client's certificate; the handshake proved that the client has its key, and nothing more.</param>
/// <param name="Headers">The request's headers.</param>
/// <param name="Path">Where the request goes; some places may be open to anybody.</param>
public readonly record struct RequestCredentials(X509Certificate2? Certificate, IHeaderDictionary Headers, string Path = "");
