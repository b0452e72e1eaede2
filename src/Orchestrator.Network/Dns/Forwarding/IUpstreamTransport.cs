using System.Net;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>Sends a query to a server and brings its response back.</summary>
internal interface IUpstreamTransport
{
    /// <summary>Asks one server; over TCP if the answer doesn't fit a datagram.</summary>
    /// <param name="server">Whom.</param>
    /// <param name="query">The message; its id is for this exchange only.</param>
    /// <param name="cancellationToken">Ends the wait, for instance at a deadline.</param>
    /// <returns>A response with the query's id and question.</returns>
    /// <exception cref="IOException">The server can't be reached or broke off.</exception>
    ValueTask<byte[]> ExchangeAsync(IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellationToken);
}
