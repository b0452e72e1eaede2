namespace Orchestrator.Scheduler.Volumes;

/// <summary>Annotations by which scheduler, provisioners and the volume controller speak to each other.</summary>
internal static class VolumeAnnotations
{
    /// <summary>On a claim: for which node a volume is to be provisioned.</summary>
    public const string SelectedNode = "volume.kubernetes.io/selected-node";

    /// <summary>On a claim: it and its volume know each other.</summary>
    public const string BindCompleted = "pv.kubernetes.io/bind-completed";

    /// <summary>On a volume: its claim was chosen by a program, which may undo it.</summary>
    public const string BoundByController = "pv.kubernetes.io/bound-by-controller";

    /// <summary>The provisioner of classes whose volumes are made by hand.</summary>
    public const string NoProvisioner = "kubernetes.io/no-provisioner";
}
