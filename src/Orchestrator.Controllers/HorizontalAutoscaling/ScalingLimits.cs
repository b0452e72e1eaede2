namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>A recommendation within its limits.</summary>
/// <param name="Replicas">The number to scale to.</param>
/// <param name="IsLimited">Whether a limit was met.</param>
/// <param name="Reason">Of the condition ScalingLimited.</param>
/// <param name="Message">Of the condition ScalingLimited.</param>
/// <param name="AbleReason">Of the condition AbleToScale.</param>
/// <param name="AbleMessage">Of the condition AbleToScale.</param>
internal readonly record struct ScalingLimits(int Replicas, bool IsLimited, string Reason, string Message, string AbleReason, string AbleMessage);
