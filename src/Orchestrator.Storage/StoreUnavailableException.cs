namespace Orchestrator.Storage;

/// <summary>The write was not done (disk full, no connection) and nothing has changed. Trying again later may succeed.</summary>
public sealed class StoreUnavailableException(string message, Exception? innerException = null) : StoreException(message, innerException);
