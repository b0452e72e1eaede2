namespace Orchestrator.Storage;

/// <summary>The write may or may not have been done (the connection broke, or the disk failed while syncing). Read before trying again.</summary>
public sealed class StoreOutcomeUnknownException(string message, Exception? innerException = null) : StoreException(message, innerException);
