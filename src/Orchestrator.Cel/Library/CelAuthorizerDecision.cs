namespace Orchestrator.Cel.Library;

/// <summary>An authorizer's answer.</summary>
public readonly record struct CelAuthorizerDecision(bool Allowed, string Reason, string Error = "");
