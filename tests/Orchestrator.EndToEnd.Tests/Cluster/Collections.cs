namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>Which tests may run side by side on the one cluster.</summary>
public static class Collections
{
    /// <summary>Use the cluster, one after the other, and leave its parts alone.</summary>
    public const string Users = "users of the cluster";

    /// <summary>Stop parts of the cluster, or measure how quick it is: each runs alone.</summary>
    public const string Disturbing = "disturbing the cluster";

    [CollectionDefinition(Disturbing, DisableParallelization = true)]
    public sealed class DisturbingDefinition;

    [CollectionDefinition(Users)]
    public sealed class UsersDefinition;
}
