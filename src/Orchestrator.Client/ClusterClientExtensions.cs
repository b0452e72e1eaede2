using Orchestrator.Api;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Autoscaling.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Policy.V1;

namespace Orchestrator.Client;

/// <summary>The client's verbs for kinds that know their resource.</summary>
public static class ClusterClientExtensions
{
    private static readonly PatchOptions Forced = new() { Force = true };

    extension(IClusterClient client)
    {
        public ValueTask<ApiResult<T>> GetAsync<T>(ObjectKey key, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.GetAsync<T>(ResourcePath.Of<T>(key), null, cancellationToken);

        public ValueTask<ApiResult<T>> GetAsync<T>(string ns, string name, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.GetAsync<T>(ResourcePath.Of<T>(new ObjectKey(ns, name)), null, cancellationToken);

        /// <summary>Lists a namespace, or all ("").</summary>
        public ValueTask<ApiResult<ObjectList<T>>> ListAsync<T>(string ns, ListOptions? options, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.ListAsync<T>(ResourcePath.Of<T>(ns), options, cancellationToken);

        /// <summary>Watches a namespace, or all ("").</summary>
        public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(string ns, ListOptions? options, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.WatchAsync<T>(ResourcePath.Of<T>(ns), options, cancellationToken);

        /// <summary>Creates an object in the namespace that its metadata names.</summary>
        public ValueTask<ApiResult<T>> CreateAsync<T>(T body, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.CreateAsync(ResourcePath.Of<T>(body.Metadata.Namespace), body, null, cancellationToken);

        /// <summary>Replaces an object but for its status.</summary>
        public ValueTask<ApiResult<T>> UpdateAsync<T>(T body, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.UpdateAsync(ResourcePath.Of<T>(body.Key), body, null, cancellationToken);

        /// <summary>Replaces an object's status and nothing else.</summary>
        public ValueTask<ApiResult<T>> UpdateStatusAsync<T>(T body, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.UpdateAsync(ResourcePath.Of<T>(body.Key, "status"), body, null, cancellationToken);

        public ValueTask<ApiResult<T>> PatchAsync<T>(ObjectKey key, Patch patch, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.PatchAsync<T>(ResourcePath.Of<T>(key), patch, null, cancellationToken);

        public ValueTask<ApiResult<T>> PatchStatusAsync<T>(ObjectKey key, Patch patch, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.PatchAsync<T>(ResourcePath.Of<T>(key, "status"), patch, null, cancellationToken);

        /// <summary>Server-side apply: the fields set in <paramref name="fields"/> become the manager's, taken from others if need be.</summary>
        public ValueTask<ApiResult<T>> ApplyAsync<T>(T fields, string fieldManager, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.PatchAsync<T>(
                ResourcePath.Of<T>(fields.Key),
                Patch.Apply(fields with { Kind = T.Resource.Kind, ApiVersion = T.Resource.ApiVersion }),
                Forced with { FieldManager = fieldManager },
                cancellationToken);

        /// <summary>Server-side apply to the status.</summary>
        public ValueTask<ApiResult<T>> ApplyStatusAsync<T>(T fields, string fieldManager, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.PatchAsync<T>(
                ResourcePath.Of<T>(fields.Key, "status"),
                Patch.Apply(fields with { Kind = T.Resource.Kind, ApiVersion = T.Resource.ApiVersion }),
                Forced with { FieldManager = fieldManager },
                cancellationToken);

        public ValueTask<ApiResult<ApiObject?>> DeleteAsync<T>(ObjectKey key, DeleteOptions? options, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.DeleteAsync(ResourcePath.Of<T>(key), options, cancellationToken);

        /// <summary>Deletes this very object and no namesake made since.</summary>
        public ValueTask<ApiResult<ApiObject?>> DeleteAsync<T>(T obj, CancellationToken cancellationToken)
            where T : ApiObject, IResourceObject<T> => client.DeleteAsync(
                ResourcePath.Of<T>(obj.Key), new() { Preconditions = new() { Uid = obj.Metadata.Uid } }, cancellationToken);

        /// <summary>Binds a pod to a node.</summary>
        public ValueTask<ApiResult<Binding>> BindAsync(Pod pod, string node, CancellationToken cancellationToken) => client.CreateAsync(
            ResourcePath.Of<Pod>(pod.Key, "binding"),
            new Binding
            {
                Metadata = new() { Namespace = pod.Metadata.Namespace, Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
                Target = new() { Kind = "Node", Name = node },
            },
            null,
            cancellationToken);

        /// <summary>Deletes a pod if its disruption budgets allow it (<see cref="ApiResult{T}.IsTooManyRequests"/> if not now).</summary>
        public ValueTask<ApiResult<Eviction>> EvictAsync(ObjectKey pod, DeleteOptions? options, CancellationToken cancellationToken) => client.CreateAsync(
            ResourcePath.Of<Pod>(pod, "eviction"),
            new Eviction { Metadata = new() { Namespace = pod.Namespace, Name = pod.Name }, DeleteOptions = options },
            null,
            cancellationToken);

        public ValueTask<ApiResult<Scale>> GetScaleAsync(ResourceInfo resource, ObjectKey key, CancellationToken cancellationToken) =>
            client.GetAsync<Scale>(new(resource, key.Namespace, key.Name, "scale"), null, cancellationToken);

        public ValueTask<ApiResult<Scale>> UpdateScaleAsync(ResourceInfo resource, Scale scale, CancellationToken cancellationToken) =>
            client.UpdateAsync(new(resource, scale.Metadata.Namespace, scale.Metadata.Name, "scale"), scale, null, cancellationToken);

        /// <summary>A token of a service account.</summary>
        public ValueTask<ApiResult<TokenRequest>> RequestTokenAsync(ObjectKey serviceAccount, TokenRequestSpec spec, CancellationToken cancellationToken) =>
            client.CreateAsync(ResourcePath.Of<ServiceAccount>(serviceAccount, "token"), new TokenRequest { Spec = spec }, null, cancellationToken);
    }
}
