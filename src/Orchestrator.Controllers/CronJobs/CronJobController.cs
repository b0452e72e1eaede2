using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Jobs;

namespace Orchestrator.Controllers.CronJobs;

/// <summary>CronJobs: makes Jobs on schedule, and keeps the history short.</summary>
internal sealed class CronJobController : QueueController
{
    private const string ScheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

    // More missed runs than this are a sign of a broken clock.
    private const int MissedMax = 100;

    // A little later than the minute, so that the clock has surely passed it.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    private readonly IInformer<CronJob> _cronJobs;
    private readonly IInformer<Job> _jobs;
    private readonly IEventRecorder _events;

    public CronJobController(ControllerContext context)
        : base("cronjob-controller", context, workers: 5)
    {
        _events = context.Recorder("cronjob-controller");
        _cronJobs = Watch<CronJob>();
        _jobs = context.Informers.Get<Job>();
        _jobs.AddControllerIndex();
        _jobs.OnChange(j =>
        {
            if (_cronJobs.Resolve(j.Metadata.Namespace, "CronJob", j.ControllerRef) is { } owner)
            {
                Queue.Add(owner.Key);
            }
        });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_cronJobs.TryGet(key, out var cronJob))
        {
            return ReconcileResult.Done;
        }

        var jobs = _jobs.OwnedBy(cronJob);
        await CleanUpAsync(cronJob, jobs, cancellationToken);
        var (settled, error) = await SettleActiveAsync(cronJob, jobs, cancellationToken);
        if (settled is null)
        {
            return error is null ? ReconcileResult.Done : error;
        }

        return await ScheduleAsync(settled, cancellationToken);
    }

    private static Job NewJob(CronJob cronJob, DateTimeOffset at, TimeZoneInfo zone)
    {
        var template = cronJob.Spec.JobTemplate;
        var local = TimeZoneInfo.ConvertTime(at, zone);
        var stamp = cronJob.Spec.TimeZone is null || local.Offset == TimeSpan.Zero
            ? ApiTime.Format(at)
            : local.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
        return new()
        {
            Metadata = new()
            {
                Namespace = cronJob.Metadata.Namespace,
                Name = JobName(cronJob, at),
                Labels = template.Metadata.Labels,
                Annotations = template.Metadata.Annotations.With(ScheduledAnnotation, stamp),
                CreationTimestamp = at,
                OwnerReferences = [cronJob.ToControllerRef()],
            },
            Spec = template.Spec,
        };
    }

    private static string JobName(CronJob cronJob, DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"{cronJob.Metadata.Name}-{at.ToUnixTimeSeconds() / 60}");

    /// <summary>Takes finished and vanished Jobs out of the list of active ones.</summary>
    private async ValueTask<(CronJob? CronJob, Status? Error)> SettleActiveAsync(CronJob cronJob, IReadOnlyCollection<Job> jobs, CancellationToken cancellationToken)
    {
        var active = cronJob.Status.Active.ToList();
        var lastSuccess = cronJob.Status.LastSuccessfulTime;
        foreach (var job in jobs)
        {
            var listed = active.FindIndex(a => a.Uid == job.Metadata.Uid);
            var end = job.Status.Conditions.FirstOrDefault(static c => c is { Type: JobConditions.Complete or JobConditions.Failed, Status: "True" });
            if (listed < 0 && end is null)
            {
                // The status that named it may not be in the cache yet.
                var fresh = await Client.GetAsync<CronJob>(cronJob.Key, cancellationToken);
                if (!fresh.IsOk)
                {
                    return (null, fresh.IsNotFound ? null : fresh.Error);
                }

                if (fresh.Value.Status.Active.All(a => a.Uid != job.Metadata.Uid))
                {
                    _events.Warning(cronJob, "UnexpectedJob", $"Saw a job that the controller did not create or forgot: {job.Metadata.Name}");
                }
                else
                {
                    cronJob = fresh.Value;
                    active = cronJob.Status.Active.ToList();
                }
            }
            else if (listed >= 0 && end is not null)
            {
                active.RemoveAt(listed);
                _events.Normal(cronJob, "SawCompletedJob", $"Saw completed job: {job.Metadata.Name}, condition: {end.Type}");
                if (end.Type == JobConditions.Complete && job.Status.CompletionTime is { } completed && (lastSuccess is null || completed > lastSuccess))
                {
                    lastSuccess = completed;
                }
            }
            else if (end?.Type == JobConditions.Complete && job.Status.CompletionTime is { } completed && (lastSuccess is null || completed > lastSuccess))
            {
                lastSuccess = completed;
            }
        }

        foreach (var reference in active.ToList())
        {
            if (jobs.Any(j => j.Metadata.Uid == reference.Uid))
            {
                continue;
            }

            var found = await Client.GetAsync<Job>(new ObjectKey(cronJob.Metadata.Namespace, reference.Name), cancellationToken);
            if (found.IsNotFound || (found.IsOk && found.Value.Metadata.Uid != reference.Uid))
            {
                _events.Normal(cronJob, "MissingJob", $"Active job went missing: {reference.Name}");
                active.Remove(reference);
            }
            else if (!found.IsOk)
            {
                return (null, found.Error);
            }
        }

        return await SaveAsync(cronJob, cronJob.Status with { Active = active.ToApiList(), LastSuccessfulTime = lastSuccess }, cancellationToken);
    }

    private async ValueTask<ReconcileResult> ScheduleAsync(CronJob cronJob, CancellationToken cancellationToken)
    {
        if (cronJob.IsBeingDeleted || cronJob.Spec.Suspend == true)
        {
            return ReconcileResult.Done;
        }

        if (!TryParse(cronJob, out var schedule, out var zone))
        {
            return ReconcileResult.Done;
        }

        var now = Time.GetUtcNow();
        if (schedule.Next(now) is null)
        {
            // Well formed, but no day has it, such as 31 February. Only its author can mend it.
            _events.Warning(cronJob, "InvalidSchedule", $"invalid schedule: {cronJob.Spec.Schedule} : time difference between two schedules is less than 1 second");
            return ReconcileResult.Done;
        }

        if (MostRecent(cronJob, schedule, now) is not { } due)
        {
            return Next(schedule, now);
        }

        if (cronJob.Spec.StartingDeadlineSeconds is { } deadline && due + TimeSpan.FromSeconds(deadline) < now)
        {
            _events.Warning(cronJob, "MissSchedule", $"Missed scheduled time to start a job: {due.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000");
            return Next(schedule, now);
        }

        var name = JobName(cronJob, due);
        if (cronJob.Status.LastScheduleTime == due || cronJob.Status.Active.Any(a => a.Name == name))
        {
            return Next(schedule, now);
        }

        if (cronJob.Spec.ConcurrencyPolicy == "Forbid" && cronJob.Status.Active.Count > 0)
        {
            _events.Normal(cronJob, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
            return Next(schedule, now);
        }

        var active = cronJob.Status.Active.ToList();
        if (cronJob.Spec.ConcurrencyPolicy == "Replace")
        {
            foreach (var reference in active)
            {
                if (await DeleteJobAsync(cronJob, reference.Name, cancellationToken) is { } deleteError)
                {
                    return deleteError;
                }
            }

            active.Clear();
        }

        var created = await Client.CreateAsync(NewJob(cronJob, due, zone), cancellationToken);
        if (created.IsAlreadyExists)
        {
            // Made in an earlier pass whose status was lost; it is ours if it says so.
            created = await Client.GetAsync<Job>(new ObjectKey(cronJob.Metadata.Namespace, name), cancellationToken);
            if (created.IsOk && !created.Value.IsControlledBy(cronJob))
            {
                return Next(schedule, now);
            }
        }
        else if (created.IsOk)
        {
            _events.Normal(cronJob, "SuccessfulCreate", $"Created job {name}");
        }

        if (!created.IsOk)
        {
            if (!created.IsNamespaceTerminating)
            {
                _events.Warning(cronJob, "FailedCreate", $"Error creating job: {created.Error.Message}");
            }

            return created.Error;
        }

        active.Add(created.Value.ToReference());
        var (saved, error) = await SaveAsync(cronJob, cronJob.Status with { Active = active.ToApiList(), LastScheduleTime = due }, cancellationToken);
        return saved is null && error is not null ? error : Next(schedule, now);
    }

    private static ReconcileResult Next(CronSchedule schedule, DateTimeOffset now) =>
        schedule.Next(now) is { } next ? ReconcileResult.RevisitAfter(next - now + Slack) : ReconcileResult.Done;

    private bool TryParse(CronJob cronJob, out CronSchedule schedule, out TimeZoneInfo zone)
    {
        schedule = null!;
        zone = TimeZoneInfo.Utc;
        try
        {
            if (cronJob.Spec.TimeZone is { Length: > 0 } name)
            {
                zone = TimeZoneInfo.FindSystemTimeZoneById(name);
            }

            schedule = CronSchedule.Parse(cronJob.Spec.Schedule, zone);
            return true;
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            _events.Warning(cronJob, "UnknownTimeZone", $"invalid timeZone: \"{cronJob.Spec.TimeZone}\": unknown time zone {cronJob.Spec.TimeZone}");
        }
        catch (FormatException e)
        {
            _events.Warning(cronJob, "UnparseableSchedule", $"unparseable schedule: \"{cronJob.Spec.Schedule}\" : {e.Message}");
        }

        return false;
    }

    /// <summary>The last scheduled time that has passed and not been met; null if there is none.</summary>
    private DateTimeOffset? MostRecent(CronJob cronJob, CronSchedule schedule, DateTimeOffset now)
    {
        var earliest = cronJob.Status.LastScheduleTime ?? cronJob.Metadata.CreationTimestamp ?? now;
        if (cronJob.Spec.StartingDeadlineSeconds is { } deadline && now - TimeSpan.FromSeconds(deadline) > earliest)
        {
            earliest = now - TimeSpan.FromSeconds(deadline);
        }

        DateTimeOffset? recent = null;
        var missed = 0L;
        for (var time = schedule.Next(earliest); time is { } t && t <= now; time = schedule.Next(t))
        {
            recent = t;
            missed++;
            if (missed > MissedMax)
            {
                // A schedule is periodic: skip to shortly before now instead of walking through years.
                var gap = t - earliest;
                var jump = now - (gap / missed * 3);
                missed += Math.Max(0, (long)((jump - t) / (gap / missed)));
                t = jump > t ? jump : t;
                for (var late = schedule.Next(t); late is { } l && l <= now; late = schedule.Next(l))
                {
                    recent = l;
                    missed++;
                }

                break;
            }
        }

        if (missed > MissedMax)
        {
            _events.Warning(cronJob, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
        }

        return recent;
    }

    private async ValueTask CleanUpAsync(CronJob cronJob, IReadOnlyCollection<Job> jobs, CancellationToken cancellationToken)
    {
        foreach (var (type, limit) in new[] { (JobConditions.Complete, cronJob.Spec.SuccessfulJobsHistoryLimit), (JobConditions.Failed, cronJob.Spec.FailedJobsHistoryLimit) })
        {
            if (limit is not { } keep)
            {
                continue;
            }

            var finished = jobs.Where(j => !j.IsBeingDeleted && j.Status.Conditions.Any(c => c.Type == type && c.Status == "True"))
                .OrderBy(static j => j.Status.StartTime ?? DateTimeOffset.MaxValue).ThenBy(static j => j.Metadata.Name, StringComparer.Ordinal).ToList();
            foreach (var job in finished.Take(Math.Max(0, finished.Count - keep)))
            {
                await DeleteJobAsync(cronJob, job.Metadata.Name, cancellationToken);
            }
        }
    }

    private async ValueTask<Status?> DeleteJobAsync(CronJob cronJob, string name, CancellationToken cancellationToken)
    {
        var deleted = await Client.DeleteAsync<Job>(new(cronJob.Metadata.Namespace, name), new() { PropagationPolicy = "Background" }, cancellationToken);
        if (deleted.IsOk)
        {
            _events.Normal(cronJob, "SuccessfulDelete", $"Deleted job {name}");
            return null;
        }

        if (deleted.IsNotFound)
        {
            return null;
        }

        _events.Warning(cronJob, "FailedDelete", $"Deleted job: {deleted.Error.Message}");
        return deleted.Error;
    }

    private async ValueTask<(CronJob? CronJob, Status? Error)> SaveAsync(CronJob cronJob, CronJobStatus status, CancellationToken cancellationToken)
    {
        if (status.Equals(cronJob.Status))
        {
            return (cronJob, null);
        }

        var written = await Client.UpdateStatusAsync(cronJob with { Status = status }, cancellationToken);
        return written.IsOk ? (written.Value, null) : (null, written.IsNotFound ? null : written.Error);
    }
}
