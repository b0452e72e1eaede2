using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission.PodTolerations;

/// <summary>Two lists of tolerations as one, without those that others cover. Pure.</summary>
internal static class TolerationMerge
{
    public static IReadOnlyList<Toleration> Merge(IReadOnlyList<Toleration> first, IReadOnlyList<Toleration> second)
    {
        var all = first.Concat(second).ToArray();
        var merged = new List<Toleration>();
        for (var i = 0; i < all.Length; i++)
        {
            // Of two that are equal the first stays.
            var own = all[i];
            if (!merged.Exists(m => Covers(m, own)) && !all.Skip(i + 1).Any(later => !later.Equals(own) && Covers(later, own)))
            {
                merged.Add(own);
            }
        }

        return merged;
    }

    /// <summary>Whether what <paramref name="toleration"/> tolerates, <paramref name="wide"/> tolerates as well.</summary>
    public static bool Covers(Toleration wide, Toleration toleration)
    {
        if (wide.Equals(toleration))
        {
            return true;
        }

        if (toleration.Key != wide.Key && !(wide.Key.Length == 0 && wide.Operator == "Exists"))
        {
            return false;
        }

        if (toleration.Effect != wide.Effect && wide.Effect.Length > 0)
        {
            return false;
        }

        if (wide is { Effect: "NoExecute", TolerationSeconds: { } seconds } && (toleration.TolerationSeconds is not { } own || own > seconds))
        {
            return false;
        }

        return wide.Operator switch
        {
            "Equal" or "" => toleration.Operator == "Equal" && toleration.Value == wide.Value,
            "Exists" => true,
            _ => false,
        };
    }
}
