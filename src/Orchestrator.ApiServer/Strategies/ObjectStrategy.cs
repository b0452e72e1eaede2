using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>
/// What most kinds share: status belongs to the status subresource, generation counts changes of the spec, metadata is checked before the rest.
/// A kind says what is its own by overriding <see cref="Prepare"/>, <see cref="Check"/> and their update forms.
/// </summary>
internal abstract class ObjectStrategy<T> : ResourceStrategy
    where T : ApiObject, IResourceObject<T>, new()
{
    private static readonly StructSchema Schema = new T().TypeSchema;
    private static readonly bool ServesStatus = T.Resource.Subresources.Any(static s => s.Name == "status");
    private static readonly StrategyFacts Facts = StrategyFacts.Of(T.Resource.Group, T.Resource.Resource);

    private static readonly MetadataRounds Rounds = MetadataRounds.Of(T.Resource.GroupResource);

    protected static readonly int SpecSlot = Schema.Find("spec")?.Ordinal ?? -1;
    protected static readonly int StatusSlot = Schema.Find("status")?.Ordinal ?? -1;

    public override bool AllowCreateOnUpdate => Facts.PutCreates;

    public override bool AllowUnconditionalUpdate => Facts.UnconditionalUpdate;

    public override string? DefaultDeletePropagation => Facts.DefaultDeletePropagation;

    protected virtual Func<string, IReadOnlyList<string>> NameFormat => Formats.DnsSubdomain;

    /// <summary>Whether a new object has generation 1.</summary>
    protected virtual bool StartsGeneration => true;

    /// <summary>Whether a new object comes with its status.</summary>
    protected virtual bool KeepsStatusOnCreate => false;

    /// <summary>Whether finalizers without a domain must be among the known ones.</summary>
    protected virtual bool ChecksFinalizers => true;

    protected virtual bool TracksGeneration => Facts.TracksGeneration;

    /// <summary>How often the kind's own validation of a change looks at the metadata.</summary>
    protected virtual MetadataRounds UpdateRounds => Rounds;

    public sealed override void PrepareForCreate(ApiObject obj, StrategyContext context)
    {
        if (ServesStatus && StatusSlot >= 0 && !KeepsStatusOnCreate)
        {
            obj.Slots[StatusSlot] = null;
        }

        if (TracksGeneration && StartsGeneration)
        {
            obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Generation, 1L);
        }

        Prepare((T)obj, context);
    }

    public sealed override void PrepareForUpdate(ApiObject obj, ApiObject old, StrategyContext context)
    {
        if (ServesStatus && StatusSlot >= 0)
        {
            obj.Slots[StatusSlot] = old.Slots[StatusSlot];
        }

        PrepareUpdate((T)obj, (T)old, context);
        if (TracksGeneration)
        {
            obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Generation, old.Metadata.Generation + (IsNewGeneration((T)obj, (T)old) ? 1 : 0));
        }
    }

    public sealed override void Validate(ApiObject obj, FieldErrorList errors)
    {
        MetadataValidator.Validate(obj.Metadata, T.Resource.Namespaced, NameFormat, errors);
        if (ChecksFinalizers)
        {
            MetadataValidator.StandardFinalizers(obj.Metadata, errors);
        }

        Check((T)obj, errors);
    }

    public sealed override void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors)
    {
        MetadataValidator.ValidateUpdate(obj.Metadata, old.Metadata, T.Resource.Namespaced, NameFormat, UpdateRounds, ChecksFinalizers, errors);
        CheckUpdate((T)obj, (T)old, errors);
    }

    /// <summary>What storing and reading back would lose: empty lists and maps are as good as absent ones.</summary>
    public override void Canonicalize(ApiObject obj) => EmptyCollections.Remove(obj);

    /// <summary>After the status was cleared and the generation set.</summary>
    protected virtual void Prepare(T obj, StrategyContext context)
    {
    }

    /// <summary>After the status was kept, before the generation is counted.</summary>
    protected virtual void PrepareUpdate(T obj, T old, StrategyContext context)
    {
    }

    /// <summary>Whether the change raises the generation.</summary>
    protected virtual bool IsNewGeneration(T obj, T old) => SpecSlot >= 0 && !Semantic.Equal(obj.Slots[SpecSlot], old.Slots[SpecSlot]);

    /// <summary>The kind's own rules; metadata is checked already.</summary>
    protected virtual void Check(T obj, FieldErrorList errors)
    {
    }

    /// <summary>The kind's own rules for a change.</summary>
    protected virtual void CheckUpdate(T obj, T old, FieldErrorList errors) => Check(obj, errors);
}
