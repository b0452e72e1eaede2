using System.Collections.Concurrent;
using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Jobs;

/// <summary>How often the pods of each Job have failed since one last succeeded, whether they are still there or not. Lost with the process, as upstream's is.</summary>
internal sealed class JobBackoff
{
    /// <summary>The wait before a failed pod's successor: doubles with each failure since the last success.</summary>
    public static readonly BackoffPolicy Waits = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));

    private readonly ConcurrentDictionary<ObjectKey, (string Uid, Record Record)> _records = [];

    public Record Of(Job job) => _records.TryGetValue(job.Key, out var known) && known.Uid == job.Metadata.Uid ? known.Record : default;

    public void Set(Job job, Record record) => _records[job.Key] = (job.Metadata.Uid, record);

    public void Forget(ObjectKey job) => _records.TryRemove(job, out _);

    /// <param name="Failures">Since the last success.</param>
    /// <param name="LastFailure">When the last of them was.</param>
    internal readonly record struct Record(int Failures, DateTimeOffset LastFailure)
    {
        /// <summary>With pods that have ended since.</summary>
        public Record After(DateTimeOffset? lastSuccess, List<DateTimeOffset> failures)
        {
            var record = lastSuccess is null ? this : default;
            var count = record.Failures;
            var (last, any) = (record.LastFailure, false);
            foreach (var at in failures)
            {
                if (lastSuccess is null || at > lastSuccess)
                {
                    count++;
                    last = !any || at > last ? at : last;
                    any = true;
                }
            }

            return new(count, last);
        }

        /// <summary>What is left of the wait; zero or less if it is over.</summary>
        public TimeSpan Wait(DateTimeOffset now) => Failures == 0 ? TimeSpan.Zero : LastFailure + Waits.Delay(Failures - 1) - now;
    }
}
