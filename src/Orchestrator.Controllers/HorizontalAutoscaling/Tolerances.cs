namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>How far usage may be off its target before anything is done.</summary>
/// <param name="ScaleDown">Below; a fraction of the target.</param>
/// <param name="ScaleUp">Above.</param>
internal readonly record struct Tolerances(double ScaleDown, double ScaleUp)
{
    public bool Contain(double usageRatio) => 1.0 - ScaleDown <= usageRatio && usageRatio <= 1.0 + ScaleUp;
}
