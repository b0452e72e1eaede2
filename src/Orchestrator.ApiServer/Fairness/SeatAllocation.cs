namespace Orchestrator.ApiServer.Fairness;

/// <summary>Shares seats out among priority levels: by right first, then lent to where they are wanted.</summary>
internal static class SeatAllocation
{
    /// <summary>The limits that a level's shares give it.</summary>
    /// <param name="serverSeats">All seats of the server.</param>
    /// <param name="shares">The level's shares.</param>
    /// <param name="sharesSum">Those of all levels.</param>
    /// <param name="lendablePercent">How much others may borrow.</param>
    /// <param name="borrowingPercent">How much it may borrow; null for as much as there is.</param>
    public static SeatLimits Limits(int serverSeats, int shares, int sharesSum, int lendablePercent, int? borrowingPercent)
    {
        var nominal = sharesSum == 0 ? 0 : (int)Math.Ceiling((double)serverSeats * shares / sharesSum);
        var lendable = (int)Math.Round(nominal * lendablePercent / 100.0, MidpointRounding.AwayFromZero);
        var upper = borrowingPercent is { } percent ? nominal + (int)Math.Round(nominal * percent / 100.0, MidpointRounding.AwayFromZero) : serverSeats;
        return new(nominal, nominal - lendable, Math.Max(nominal, upper));
    }

    /// <summary>
    /// Current limits that add up to about <paramref name="seats"/>: each level gets the same proportion of what it wants, but never less than it must keep
    /// nor more than it may have.
    /// </summary>
    public static int[] Share(int seats, ReadOnlySpan<(double Lower, double Upper, double Wanted)> levels)
    {
        var (low, high) = (0.0, 1.0);
        foreach (var level in levels)
        {
            high = Math.Max(high, level.Upper / Math.Max(level.Wanted, 0.001));
        }

        // The sum grows with the proportion, so the proportion can be closed in on.
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            var sum = 0.0;
            foreach (var level in levels)
            {
                sum += Given(level, middle);
            }

            (low, high) = sum < seats ? (middle, high) : (low, middle);
        }

        var shared = new int[levels.Length];
        for (var i = 0; i < levels.Length; i++)
        {
            shared[i] = (int)Math.Round(Given(levels[i], high), MidpointRounding.AwayFromZero);
        }

        return shared;
    }

    private static double Given((double Lower, double Upper, double Wanted) level, double proportion) =>
        Math.Clamp(Math.Max(level.Wanted, 0.001) * proportion, level.Lower, Math.Max(level.Lower, level.Upper));
}
