using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>The way from a call to its HTTP request.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>The HTTP request under a call.</summary>
    /// <exception cref="InvalidOperationException">The call does not come from this server.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext) =>
        (serverCallContext as Grpc.AspNetCore.Server.ServerCall)?.HttpContext
        ?? throw new InvalidOperationException("The call context does not come from an HTTP request.");
}
