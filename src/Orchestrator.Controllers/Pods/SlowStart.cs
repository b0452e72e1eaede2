using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Controllers;

/// <summary>Runs equal actions in batches of 1, 2, 4, … so that a failure that all would meet (a quota, an admission) is met few times.</summary>
internal static class SlowStart
{
    /// <returns>How many succeeded, and the first error; after a batch with errors no more are tried.</returns>
    public static async ValueTask<(int Succeeded, Status? Error)> RunAsync(int count, Func<int, ValueTask<Status?>> action)
    {
        var done = 0;
        var succeeded = 0;
        for (var batch = Math.Min(1, count); batch > 0; batch = Math.Min(2 * batch, count - done))
        {
            var first = done;
            var results = await Task.WhenAll(Enumerable.Range(first, batch).Select(i => action(i).AsTask()));
            Status? error = null;
            foreach (var result in results)
            {
                if (result is null)
                {
                    succeeded++;
                }
                else
                {
                    error ??= result;
                }
            }

            if (error is not null)
            {
                return (succeeded, error);
            }

            done += batch;
        }

        return (succeeded, null);
    }
}
