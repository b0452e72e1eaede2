using Orchestrator.Api;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Strategies.Cluster;

/// <summary>When conditions of a signing request came to be.</summary>
internal static class SigningConditions
{
    /// <summary>Conditions of a type stay as they were, unless some came or went: that is for validation to refuse.</summary>
    public static void Keep(string type, CertificateSigningRequest request, CertificateSigningRequest old)
    {
        var before = old.Status.Conditions.Where(c => c.Type == type).ToArray();
        if (before.Length == 0 || before.Length != request.Status.Conditions.Count(c => c.Type == type))
        {
            return;
        }

        var next = 0;
        var conditions = request.Status.Conditions.Select(c => c.Type == type ? before[next++] : c).ToApiList();
        request.Set(CertificateSigningRequest.Fields.Status, request.Status with { Conditions = conditions });
    }

    public static void FillTimes(CertificateSigningRequest request, CertificateSigningRequest old, TimeProvider time)
    {
        var now = time.NowSeconds();
        if (request.Status.Conditions.Count == 0)
        {
            return;
        }

        var conditions = request.Status.Conditions.Select(condition =>
        {
            var before = old.Status.Conditions.FirstOrDefault(c => c.Type == condition.Type);
            return condition with
            {
                LastUpdateTime = condition.LastUpdateTime ?? now,
                LastTransitionTime = condition.LastTransitionTime
                    ?? (before is { LastTransitionTime: { } was } && before.Status == condition.Status ? was : now),
            };
        }).ToApiList();
        request.Set(CertificateSigningRequest.Fields.Status, request.Status with { Conditions = conditions });
    }
}
