namespace Orchestrator.Storage;

/// <summary>What is on disk contradicts itself. A person must look; restoring a backup is the usual cure.</summary>
public sealed class StoreCorruptedException(string message, Exception? innerException = null) : StoreException(message, innerException);
