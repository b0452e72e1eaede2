using System.Diagnostics;

namespace Orchestrator.EndToEnd.Tests.Machine;

/// <summary>Waits for a state of the outside world that nobody announces to a test.</summary>
public static class Eventually
{
    /// <summary>How long it took. Fails the test, naming what it waited for and what it saw last, when the limit has passed.</summary>
    public static async Task<TimeSpan> HoldsAsync(string expectation, TimeSpan limit, Func<Task<bool>> holds, Func<Task<string>>? seen = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            if (watch.Elapsed > limit)
            {
                Assert.Fail($"not within {limit}: {expectation}\n{(seen is null ? "" : await seen())}");
            }

            // Most looks are a process of their own: more of them would slow down what they wait for.
            await Task.Delay(100);
        }

        return watch.Elapsed;
    }
}
