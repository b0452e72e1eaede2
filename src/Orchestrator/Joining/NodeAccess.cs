using Orchestrator.Client;

namespace Orchestrator.Joining;

/// <summary>How a node reaches the server, and how it is reached.</summary>
/// <param name="Server">The server, and the certificate by which it knows the node.</param>
/// <param name="Network">The server, and the certificate by which it knows the node's network.</param>
/// <param name="AuthorityFile">The cluster's CA, whose clients may use the agent's own server.</param>
/// <param name="ServingCertificateFile">The certificate of the agent's own server.</param>
/// <param name="ServingKeyFile">Its key.</param>
internal sealed record NodeAccess(ClientConfig Server, ClientConfig Network, string AuthorityFile, string ServingCertificateFile, string ServingKeyFile);
