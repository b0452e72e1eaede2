using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.CronJobs;

/// <summary>Runs that are due already, since their time is in the past: no test waits for a minute to pass.</summary>
[Collection(SharedCluster.Name)]
public sealed class CronJobTests(RunningCluster cluster)
{
    private readonly DateTimeOffset _now = TimeProvider.System.NowSeconds();

    private static JobTemplateSpec Template => new()
    {
        Spec = new() { Template = new() { Spec = new() { RestartPolicy = "Never", Containers = [new() { Name = "app", Image = "registry.example/app:v1" }] } } },
    };

    private IClusterClient Client => cluster.Client;

    [Fact]
    public async Task Last_missed_run_is_made_up_for_once()
    {
        var cronJob = await GivenAsync("made-up", "Allow", deadlineSeconds: null);

        var job = await JobAsync(cronJob, MinutesAgo(5));
        Assert.Equal(MinutesAgo(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), job.Metadata.Annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"]);
        var after = await RunningCluster.UntilAsync(() => Client.GetAsync<CronJob>(cronJob.Key, default), static c => c.Value.Status.Active.Count == 1);
        Assert.Equal(MinutesAgo(5), after.Status.LastScheduleTime);
        Assert.Equal(job.Metadata.Uid, after.Status.Active[0].Uid);
    }

    [Fact]
    public async Task Run_that_missed_its_deadline_is_left_out()
    {
        var cronJob = await GivenAsync("too-late", "Allow", deadlineSeconds: 60);

        // One that came later has its run: by then this one was looked at, too.
        var next = await GivenAsync("in-time", "Allow", deadlineSeconds: 3600);
        await JobAsync(next, MinutesAgo(5));
        Assert.DoesNotContain((await Client.ListAsync<Job>("default", null, default)).Value.Items, j => j.IsControlledBy(cronJob));
    }

    [Fact]
    public async Task Forbidden_run_waits_for_the_one_before()
    {
        var cronJob = await GivenAsync("forbid", "Forbid", deadlineSeconds: null);
        await JobAsync(cronJob, MinutesAgo(5));
        await RunningCluster.UntilAsync(() => Client.GetAsync<CronJob>(cronJob.Key, default), static c => c.Value.Status.Active.Count == 1);

        await RescheduleAsync(cronJob, MinutesAgo(3));

        await EventAsync(cronJob, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
        Assert.True((await Client.GetAsync<Job>(new ObjectKey("default", NameOf(cronJob, MinutesAgo(3))), default)).IsNotFound);
    }

    [Fact]
    public async Task Replacing_run_deletes_the_one_before()
    {
        var cronJob = await GivenAsync("replace", "Replace", deadlineSeconds: null);
        var first = await JobAsync(cronJob, MinutesAgo(5));
        await RunningCluster.UntilAsync(() => Client.GetAsync<CronJob>(cronJob.Key, default), static c => c.Value.Status.Active.Count == 1);

        await RescheduleAsync(cronJob, MinutesAgo(3));

        await JobAsync(cronJob, MinutesAgo(3));
        await RunningCluster.UntilAsync(() => Client.GetAsync<Job>(first.Key, default), static j => j.IsNotFound);
        await EventAsync(cronJob, "SuccessfulDelete", $"Deleted job {first.Metadata.Name}");
    }

    [Fact]
    public async Task Day_that_no_month_has_is_told_to_its_author()
    {
        var cronJob = (await Client.CreateAsync(
            new CronJob
            {
                Metadata = new() { Namespace = "default", Name = "never" },
                Spec = new() { Schedule = "59 23 31 2 *", JobTemplate = Template },
            },
            default)).Value;

        await EventAsync(cronJob, "InvalidSchedule", "invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second");
    }

    private static string NameOf(CronJob cronJob, DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"{cronJob.Metadata.Name}-{at.ToUnixTimeSeconds() / 60}");

    private static string ScheduleAt(DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"{time.Minute} * * * *");

    private DateTimeOffset MinutesAgo(int minutes) => new DateTimeOffset(_now.UtcTicks - (_now.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero).AddMinutes(-minutes);

    /// <summary>A CronJob that ran last ten minutes ago and was due five minutes ago.</summary>
    private async Task<CronJob> GivenAsync(string name, string policy, long? deadlineSeconds)
    {
        var created = (await Client.CreateAsync(
            new CronJob
            {
                Metadata = new() { Namespace = "default", Name = name },
                Spec = new()
                {
                    Schedule = ScheduleAt(MinutesAgo(5)),
                    Suspend = true,
                    ConcurrencyPolicy = policy,
                    StartingDeadlineSeconds = deadlineSeconds,
                    JobTemplate = Template,
                },
            },
            default)).Value;
        await RunningCluster.UntilAsync(
            async () =>
            {
                var fresh = await Client.GetAsync<CronJob>(created.Key, default);
                return await Client.UpdateStatusAsync(fresh.Value with { Status = fresh.Value.Status with { LastScheduleTime = MinutesAgo(10) } }, default);
            },
            static c => c.IsOk);
        return (await Client.PatchAsync<CronJob>(created.Key, Patch.Parse(PatchType.Merge, """{"spec":{"suspend":false}}"""), default)).Value;
    }

    private async Task RescheduleAsync(CronJob cronJob, DateTimeOffset at) => Assert.True(
        (await Client.PatchAsync<CronJob>(cronJob.Key, Patch.Parse(PatchType.Merge, $$$"""{"spec":{"schedule":"{{{ScheduleAt(at)}}}"}}"""), default)).IsOk);

    private Task<Job> JobAsync(CronJob cronJob, DateTimeOffset at) =>
        RunningCluster.UntilAsync(() => Client.GetAsync<Job>(new ObjectKey("default", NameOf(cronJob, at)), default), static j => j.IsOk);

    private Task<ObjectList<Event>> EventAsync(CronJob cronJob, string reason, string message) => RunningCluster.UntilAsync(
        () => Client.ListAsync<Event>("default", null, default),
        l => l.Value.Items.Any(e => e.InvolvedObject.Uid == cronJob.Metadata.Uid && e.Reason == reason && e.Message == message));
}
