namespace Orchestrator.Storage;

/// <summary>Makes what is attached to a value in memory (the parsed object, say) from its payload.</summary>
public interface IAttachmentFactory
{
    /// <summary>Makes the attachment. Must depend on the value alone; may be called from any thread, and more than once per value.</summary>
    object Create(StoredValue value);
}
