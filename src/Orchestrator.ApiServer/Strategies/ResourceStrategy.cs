using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>
/// What is particular to a resource when objects of it are created, updated and deleted (upstream's rest strategies). One instance per resource or
/// subresource; stateless. Objects passed as <c>obj</c> belong to the request and are changed in place (see Machinery/Editing); <c>old</c> is shared.
/// </summary>
/// <remarks>
/// Order on create: decode, default, system metadata (uid, creationTimestamp, generateName), <see cref="PrepareForCreate"/>, admission, <see cref="Validate"/>,
/// <see cref="Warnings"/>, <see cref="Canonicalize"/>, managedFields, commit. On update the same with the old object.
/// </remarks>
public abstract class ResourceStrategy
{
    /// <summary>PUT on a missing name creates it.</summary>
    public virtual bool AllowCreateOnUpdate => false;

    /// <summary>PUT without a resourceVersion overwrites.</summary>
    public virtual bool AllowUnconditionalUpdate => true;

    /// <summary>What happens to dependents when a delete does not say: Background, Orphan or Foreground; null when the kind takes no part in garbage collection.</summary>
    public virtual string? DefaultDeletePropagation => "Background";

    /// <summary>What a delete that says nothing of dependents is warned of; null for nothing.</summary>
    public virtual string? OrphaningWarning => null;

    /// <summary>Why an object of this name cannot be deleted, whoever asks; null if it can. Not asked when a whole collection is deleted.</summary>
    public virtual string? Undeletable(string name) => null;

    /// <summary>Server-set fields of a new object: status cleared, generation 1, disabled fields dropped.</summary>
    public virtual void PrepareForCreate(ApiObject obj, StrategyContext context)
    {
    }

    /// <summary>Server-set fields of a changed object: status kept from the old one, generation raised when the spec changed.</summary>
    public virtual void PrepareForUpdate(ApiObject obj, ApiObject old, StrategyContext context)
    {
    }

    /// <summary>Faults that depend on other objects: what the object's namespace allows. Told before all others.</summary>
    /// <param name="obj">The new object.</param>
    /// <param name="old">What it was; null on create.</param>
    /// <param name="namespaces">Finds a namespace; null if there is none.</param>
    /// <param name="errors">Takes the faults.</param>
    public virtual void ValidateSurroundings(ApiObject obj, ApiObject? old, Func<string, Namespace?> namespaces, FieldErrorList errors)
    {
    }

    /// <summary>All faults of a new object, metadata included.</summary>
    public virtual void Validate(ApiObject obj, FieldErrorList errors)
    {
    }

    /// <summary>All faults of a changed object, metadata included.</summary>
    public virtual void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors)
    {
    }

    /// <summary>Texts for Warning headers; <paramref name="old"/> is null on create.</summary>
    public virtual void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
    }

    /// <summary>What a first request to delete makes of an object of a kind that goes its own way; null for the usual way.</summary>
    public virtual ApiObject? MarkForDeletion(ApiObject obj, TimeProvider time) => null;

    public virtual void Canonicalize(ApiObject obj)
    {
    }

    /// <summary>
    /// Seconds that the object lives on after a delete request; null when this kind is deleted at once. Asked with the seconds of the delete options
    /// (null if they have none) and the object as it is.
    /// </summary>
    public virtual long? GracePeriod(ApiObject obj, long? requestedSeconds) => null;
}
