namespace Orchestrator.Network.Commands;

/// <summary>nft or the kernel refused a transaction as a whole.</summary>
internal sealed class NftablesException(string message) : Exception(message);
