namespace Orchestrator.ApiServer.Validation;

/// <summary>A bad value that upstream prints in hexadecimal, such as the absent resourceVersion <c>0x0</c>.</summary>
internal sealed record Hexadecimal(ulong Value);
