using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Client;

/// <summary>Short forms, and references to objects.</summary>
public static class EventRecorderExtensions
{
    extension(IEventRecorder recorder)
    {
        public void Normal<T>(T regarding, string reason, string message)
            where T : ApiObject, IResourceObject<T> => recorder.Record(regarding.ToReference(), "Normal", reason, message);

        public void Warning<T>(T regarding, string reason, string message)
            where T : ApiObject, IResourceObject<T> => recorder.Record(regarding.ToReference(), "Warning", reason, message);
    }

    extension<T>(T obj)
        where T : ApiObject, IResourceObject<T>
    {
        public ObjectReference ToReference() => new()
        {
            Kind = T.Resource.Kind,
            ApiVersion = T.Resource.ApiVersion,
            Namespace = obj.Metadata.Namespace,
            Name = obj.Metadata.Name,
            Uid = obj.Metadata.Uid,
            ResourceVersion = obj.Metadata.ResourceVersion,
        };
    }
}
