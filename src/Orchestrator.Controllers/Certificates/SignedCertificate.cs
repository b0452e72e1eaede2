namespace Orchestrator.Controllers;

/// <summary>What came of a signing request: a certificate in PEM, or why there is none.</summary>
public sealed record SignedCertificate(byte[]? Pem, string Failure);
