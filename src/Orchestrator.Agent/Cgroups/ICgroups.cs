namespace Orchestrator.Agent.Cgroups;

/// <summary>The control groups of one machine, whatever their version.</summary>
internal interface ICgroups
{
    /// <summary>Makes a group, if it is not there, and sets its limits. Paths are absolute from the root of the hierarchies.</summary>
    void Apply(string path, CgroupLimits limits);

    /// <summary>Removes a group and all below it; what still has processes is killed first. True if nothing is left.</summary>
    bool Remove(string path);

    /// <summary>The names of the groups directly below a group.</summary>
    IReadOnlyList<string> Children(string path);

    /// <summary>What a group has used; null if it is not there.</summary>
    CgroupUsage? Usage(string path);

    /// <summary>The limits that a group has now; null if it is not there.</summary>
    CgroupLimits? Read(string path);
}
