using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>Owner references: who owns an object, and which owner controls it.</summary>
public static class OwnerReferences
{
    /// <summary>The reference that a controller puts on what it makes.</summary>
    public static OwnerReference ToControllerRef<T>(this T owner)
        where T : ApiObject, IResourceObject<T> => new()
    {
        ApiVersion = T.Resource.ApiVersion,
        Kind = T.Resource.Kind,
        Name = owner.Metadata.Name,
        Uid = owner.Metadata.Uid,
        Controller = true,
        BlockOwnerDeletion = true,
    };

    extension(ApiObject obj)
    {
        /// <summary>The owner that controls the object; null if none does.</summary>
        public OwnerReference? ControllerRef
        {
            get
            {
                foreach (var owner in obj.Metadata.OwnerReferences)
                {
                    if (owner.Controller == true)
                    {
                        return owner;
                    }
                }

                return null;
            }
        }

        public bool IsControlledBy(ApiObject owner) => obj.ControllerRef is { } reference && reference.Uid == owner.Metadata.Uid;

        public bool IsBeingDeleted => obj.Metadata.DeletionTimestamp is not null;
    }
}
