using System.Numerics;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>
/// Deals each flow a hand of queues from the deck. Two flows rarely hold the same hand, so a flow that fills its queues leaves nearly everybody
/// else one that is free.
/// </summary>
internal static class ShuffleShard
{
    public const int HandMax = 16;

    /// <summary>A flow's stable hash.</summary>
    public static ulong Hash(string schema, string flow)
    {
        // FNV-1a with a finishing stir: stable between servers and starts, which a seeded string hash is not.
        var hash = 14695981039346656037UL;
        foreach (var c in schema)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash = (hash ^ '/') * 1099511628211UL;
        foreach (var c in flow)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccdUL;
        return hash ^ (hash >> 33);
    }

    /// <summary>Deals distinct cards.</summary>
    /// <param name="hash">Whose hand it is.</param>
    /// <param name="deck">How many queues there are.</param>
    /// <param name="hand">Filled with indices of queues.</param>
    public static void Deal(ulong hash, int deck, Span<int> hand)
    {
        for (var i = 0; i < hand.Length; i++)
        {
            var left = (ulong)(deck - i);
            (hash, var card) = Math.DivRem(hash, left);
            var dealt = (int)card;

            // The card counts among those that are left: step over those already dealt, lowest first.
            var slot = i;
            for (var j = 0; j < i; j++)
            {
                if (dealt >= hand[j])
                {
                    dealt++;
                }
                else
                {
                    slot = Math.Min(slot, j);
                }
            }

            hand[slot..i].CopyTo(hand[(slot + 1)..]);
            hand[slot] = dealt;
        }
    }

    /// <summary>The bits of entropy that dealing takes; a hash has 64.</summary>
    public static int EntropyBits(int deck, int hand) => BitOperations.Log2((uint)deck) * hand;
}
