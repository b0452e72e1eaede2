namespace Orchestrator.Storage;

/// <summary>The store could not do what was asked; see the derived types for what the caller may assume.</summary>
public class StoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StoreException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
