namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>What a pod does that its level forbids: the check's name, and which container or volume does it.</summary>
internal readonly record struct SecurityViolation(string Reason, string Detail)
{
    /// <summary>Reasons with their details.</summary>
    public static string Describe(IEnumerable<SecurityViolation> violations) =>
        string.Join(", ", violations.Select(static v => v.Detail.Length > 0 ? $"{v.Reason} ({v.Detail})" : v.Reason));

    /// <summary>Reasons alone.</summary>
    public static string Reasons(IEnumerable<SecurityViolation> violations) => string.Join(", ", violations.Select(static v => v.Reason));
}
