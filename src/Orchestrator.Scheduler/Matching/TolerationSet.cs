using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Matching;

/// <summary>A pod's tolerations.</summary>
internal sealed class TolerationSet(ApiList<Toleration> tolerations)
{
    private readonly Toleration[] _all = [.. tolerations];

    public bool Tolerates(Taint taint)
    {
        foreach (var toleration in _all)
        {
            if (Tolerates(toleration, taint))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The taints that only discourage (PreferNoSchedule) and are not tolerated.</summary>
    public int CountIntolerablePreferences(ApiList<Taint> taints)
    {
        var count = 0;
        foreach (var taint in taints)
        {
            if (taint.Effect == "PreferNoSchedule" && !Tolerates(taint))
            {
                count++;
            }
        }

        return count;
    }

    /// <summary>Whether no taint keeps new pods with these tolerations away.</summary>
    public bool ToleratesAll(ApiList<Taint> taints)
    {
        foreach (var taint in taints)
        {
            if (taint.Effect is "NoSchedule" or "NoExecute" && !Tolerates(taint))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Tolerates(Toleration toleration, Taint taint)
    {
        if ((toleration.Effect.Length > 0 && toleration.Effect != taint.Effect) || (toleration.Key.Length > 0 && toleration.Key != taint.Key))
        {
            return false;
        }

        return toleration.Operator switch
        {
            "" or "Equal" => toleration.Value == taint.Value,
            "Exists" => true,
            "Gt" => Number(taint.Value) > Number(toleration.Value),
            "Lt" => Number(taint.Value) < Number(toleration.Value),
            _ => false,
        };
    }

    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
