using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Controllers.StatefulSets;

namespace Orchestrator.Controllers.Tests.StatefulSets;

public sealed class ClaimRetentionTests
{
    private static readonly OwnerReference OfSet = Reference("apps/v1", "StatefulSet", "db", "set");
    private static readonly OwnerReference OfPod = Reference("v1", "Pod", "db-0", "pod");
    private static readonly OwnerReference OfOther = Reference("example.com/v1", "Keeper", "k", "other");
    private static readonly OwnerReference OfNote = OfOther with { Controller = null };

    public static TheoryData<string, string, bool, OwnerReference[], OwnerReference[]> Cases => new()
    {
        { "Retain", "Retain", false, [], [] },
        { "Retain", "Retain", false, [OfSet, OfNote], [OfNote] },
        { "Delete", "Retain", false, [], [OfSet] },
        { "Retain", "Delete", true, [], [OfPod] },
        { "Delete", "Delete", true, [OfSet], [OfPod] },
        { "Delete", "Delete", false, [OfPod], [OfSet] },

        // Somebody else's, and only ours is taken away.
        { "Delete", "Delete", false, [OfOther], [OfOther] },
        { "Delete", "Delete", false, [OfOther, OfSet], [OfOther] },

        // A namesake's that is gone, and right in another order: left alone.
        { "Delete", "Retain", false, [OfSet with { Uid = "former" }], [OfSet with { Uid = "former" }] },
        { "Retain", "Delete", true, [OfPod with { Uid = "former" }], [OfPod with { Uid = "former" }] },
        { "Delete", "Retain", false, [OfSet, OfNote], [OfSet, OfNote] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_claim_has_the_owners_that_the_policy_asks_for(string whenDeleted, string whenScaled, bool condemned, OwnerReference[] before, OwnerReference[] after)
    {
        var set = new StatefulSet
        {
            Metadata = new() { Name = "db", Uid = "set" },
            Spec = new() { PersistentVolumeClaimRetentionPolicy = new() { WhenDeleted = whenDeleted, WhenScaled = whenScaled } },
        };
        var pod = new Pod { Metadata = new() { Name = "db-0", Uid = "pod" } };
        var claim = new PersistentVolumeClaim { Metadata = new() { Name = "data-db-0", OwnerReferences = before.ToApiList() } };

        var owners = ClaimRetention.Owners(set, pod, claim, condemned);

        Assert.Equal(after, owners);
        if (before.SequenceEqual(after))
        {
            Assert.Same(claim.Metadata.OwnerReferences, owners);
        }
    }

    private static OwnerReference Reference(string apiVersion, string kind, string name, string uid) =>
        new() { ApiVersion = apiVersion, Kind = kind, Name = name, Uid = uid, Controller = true, BlockOwnerDeletion = true };
}
