using Orchestrator.Api;
using Orchestrator.Client;

namespace Orchestrator.Controllers;

/// <summary>The index by which workload controllers find their objects without looking at a whole namespace.</summary>
internal static class PodIndexes
{
    private const string Controller = "controller";

    extension<T>(IInformer<T> informer)
        where T : ApiObject
    {
        /// <summary>Indexes objects by the UID of their controller; those without one by their namespace.</summary>
        public void AddControllerIndex() => informer.AddIndex(Controller, static o => [o.ControllerRef?.Uid ?? OrphansOf(o.Metadata.Namespace)]);

        /// <summary>The objects that name the owner as their controller.</summary>
        public IReadOnlyCollection<T> OwnedBy(ApiObject owner) => informer.ByIndex(Controller, owner.Metadata.Uid);

        /// <summary>The objects of a namespace that no controller owns.</summary>
        public IReadOnlyCollection<T> Orphans(string ns) => informer.ByIndex(Controller, OrphansOf(ns));

        /// <summary>The owner's objects, and those that it might adopt.</summary>
        public IEnumerable<T> CandidatesOf(ApiObject owner) => informer.OwnedBy(owner).Concat(informer.Orphans(owner.Metadata.Namespace));

        /// <summary>The object that a controller reference means; null if that is gone or has been made anew.</summary>
        public T? Resolve(string ns, string kind, Api.Meta.V1.OwnerReference? reference) =>
            reference is not null && reference.Kind == kind && informer.TryGet(new(ns, reference.Name), out var owner) && owner.Metadata.Uid == reference.Uid
                ? owner
                : null;
    }

    // No UID contains a slash.
    private static string OrphansOf(string ns) => "orphans/" + ns;
}
