namespace Orchestrator.Storage;

/// <summary>Another process has the data directory open.</summary>
public sealed class StoreInUseException(string message, Exception? innerException = null) : StoreException(message, innerException);
