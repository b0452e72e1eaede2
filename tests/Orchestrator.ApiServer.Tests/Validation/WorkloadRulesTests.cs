namespace Orchestrator.ApiServer.Tests.Validation;

/// <summary>Faults of Jobs, CronJobs and what keeps pods running.</summary>
public sealed class WorkloadRulesTests
{
    private const string Template = """{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}""";
    private const string Uid = "11111111-2222-3333-4444-555555555555";

    [Theory]
    [InlineData("* * * *", "expected exactly 5 fields, found 4: [* * * *]")]
    [InlineData("60 * * * *", "end of range (60) above maximum (59): 60")]
    [InlineData("* * 0 * *", "beginning of range (0) below minimum (1): 0")]
    [InlineData("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1")]
    [InlineData("*/0 * * * *", "step of range should be a positive number: */0")]
    [InlineData("1-2-3 * * * *", "too many hyphens: 1-2-3")]
    [InlineData("1/2/3 * * * *", "too many slashes: 1/2/3")]
    [InlineData("x-1-2/3/4 * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax")]
    [InlineData("99999999999999999999 * * * *", "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value out of range")]
    [InlineData("@often", "unrecognized descriptor: @often")]
    [InlineData("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\"")]
    [InlineData("@every 5y", "failed to parse duration @every 5y: time: unknown unit \"y\" in duration \"5y\"")]
    [InlineData("@every x", "failed to parse duration @every x: time: invalid duration \"x\"")]
    public void A_schedule_is_told_what_the_cron_library_says_of_it(string schedule, string fault) => Assert.Equal(
        [$"spec.schedule: Invalid value: \"{schedule}\": {fault}"], Rules.Create("cronjobs", CronJob($"\"schedule\":\"{schedule}\"")));

    [Theory]
    [InlineData("0 12 * JAN-DEC SUN", null, null)]
    [InlineData("@every 1h30m", "Europe/Berlin", null)]
    [InlineData("@daily", "europe/berlin", "spec.timeZone: Invalid value: \"europe/berlin\": unknown time zone europe/berlin")]
    [InlineData("@daily", "Pacific Standard Time", "spec.timeZone: Invalid value: \"Pacific Standard Time\": unknown time zone Pacific Standard Time")]
    [InlineData("@daily", "../UTC", "spec.timeZone: Invalid value: \"../UTC\": unknown time zone ../UTC")]
    [InlineData("@daily", "Local", "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")]
    [InlineData("TZ=UTC @daily", "UTC", "spec.schedule: Invalid value: \"TZ=UTC @daily\": cannot use TZ or CRON_TZ in schedule, use timeZone field instead")]
    public void A_time_zone_has_a_name_of_the_database_and_a_field_of_its_own(string schedule, string? zone, string? fault) => Assert.Equal(
        fault is null ? [] : [fault], Rules.Create("cronjobs", CronJob($"\"schedule\":\"{schedule}\"" + (zone is null ? "" : $",\"timeZone\":\"{zone}\""))));

    [Fact]
    public void A_schedule_that_had_its_time_zone_before_may_keep_it_and_an_unknown_zone_stays_until_it_changes()
    {
        Assert.Empty(Rules.Update("cronjobs", CronJob("\"schedule\":\"TZ=UTC @daily\""), CronJob("\"schedule\":\"CRON_TZ=UTC @hourly\"")));
        Assert.Equal(
            ["spec.schedule: Invalid value: \"TZ=UTC @daily\": cannot use both timeZone field and TZ or CRON_TZ in schedule"],
            Rules.Update("cronjobs", CronJob("\"schedule\":\"TZ=UTC @daily\""), CronJob("\"schedule\":\"TZ=UTC @daily\",\"timeZone\":\"UTC\"")));
        Assert.Empty(Rules.Update("cronjobs", CronJob("\"schedule\":\"@daily\",\"timeZone\":\"No/Where\""), CronJob("\"schedule\":\"@hourly\",\"timeZone\":\"No/Where\"")));
    }

    [Theory]
    [InlineData("1,3-4", null)]
    [InlineData("4,1", "non-increasing order, previous: 4, current: 1")]
    [InlineData("99999999999", "too large index: \"99999999999\"")]
    [InlineData("1-2-3", "the fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated by '-'")]
    public void Indexes_ascend(string indexes, string? fault) => Assert.Equal(
        fault is null ? [] : [$"spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"{indexes}\": error parsing succeededIndexes: {fault}"],
        Rules.Create("jobs", Job($$"""
            "completionMode":"Indexed","completions":5,"successPolicy":{"rules":[{"succeededIndexes":"{{indexes}}"}]}
            """)));

    [Fact]
    public void A_count_is_held_against_the_completions_and_against_the_indexes() => Assert.Equal(
        [
            "spec.successPolicy.rules[0].succeededCount: Invalid value: 9: must be less than or equal to 5 (the number of specified completions)",
            "spec.successPolicy.rules[0].succeededCount: Invalid value: 9: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)",
        ],
        Rules.Create("jobs", Job("\"completionMode\":\"Indexed\",\"completions\":5,\"successPolicy\":{\"rules\":[{\"succeededIndexes\":\"0-1\",\"succeededCount\":9}]}")));

    [Fact]
    public void Each_fault_of_the_spec_of_a_changed_Job_is_told_twice()
    {
        const string Selector = "\"manualSelector\":true,\"selector\":{\"matchLabels\":{\"a\":\"b\"}}";
        const string Negative = "spec.parallelism: Invalid value: -1: must be greater than or equal to 0";
        Assert.Equal([Negative, Negative], Rules.Update("jobs", Job(Selector), Job(Selector + ",\"parallelism\":-1,\"completions\":1")));
    }

    [Fact]
    public void A_selector_may_be_any_that_matches_what_is_generated()
    {
        Assert.Empty(Rules.Create("jobs", Job("\"selector\":{\"matchLabels\":{\"job-name\":\"n\"}}")));
        Assert.Equal(
            [
                $"spec.selector: Invalid value: {{\"matchLabels\":{{\"batch.kubernetes.io/controller-uid\":\"{Uid}\",\"job-name\":\"m\"}}}}: `selector` not auto-generated",
                "spec.template.metadata.labels",
            ],
            Rules.Create("jobs", Job("\"selector\":{\"matchLabels\":{\"job-name\":\"m\"}}")).Select(static e => e.StartsWith("spec.template", StringComparison.Ordinal) ? e[..e.IndexOf(':', StringComparison.Ordinal)] : e));
    }

    [Theory]
    [InlineData("", """{"active":1,"ready":2}""", "status.ready: Invalid value: 2: cannot set more ready pods than active")]
    [InlineData("", """{"conditions":[{"type":"Failed","status":"True"}]}""",
        "status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition", "status.startTime: Required value: startTime is required for finished job")]
    [InlineData("", """{"startTime":"2001-01-01T00:00:00Z","completionTime":"2000-01-01T00:00:00Z","conditions":[{"type":"Complete","status":"True"}]}""",
        "status.completionTime: Invalid value: \"2000-01-01T00:00:00Z\": completionTime cannot be set before startTime",
        "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition")]
    [InlineData("", """{"completedIndexes":"0"}""", "status.completedIndexes: Invalid value: \"0\": error parsing completedIndexes: too large index: \"0\"",
        "status.completedIndexes: Invalid value: \"0\": cannot set non-empty completedIndexes when non-indexed completion mode")]
    [InlineData("\"completionMode\":\"Indexed\",\"backoffLimitPerIndex\":1,", """{"completedIndexes":"0,2-3","failedIndexes":"1,3"}""",
        "status.failedIndexes: Invalid value: \"1,3\": failedIndexes and completedIndexes overlap at index: 3")]
    [InlineData("", """{"startTime":"2001-01-01T00:00:00Z","active":1,"terminating":1,"conditions":[{"type":"FailureTarget","status":"True"},{"type":"Failed","status":"True"}],"uncountedTerminatedPods":{"failed":["u"]}}""",
        "status.active: Invalid value: 1: active>0 is invalid for finished job",
        "status.uncountedTerminatedPods: Invalid value: {\"Succeeded\":null,\"Failed\":[\"u\"]}: uncountedTerminatedPods needs to be empty for finished job",
        "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job")]
    public void A_status_says_what_can_be(string spec, string status, params string[] faults)
    {
        var before = """{"apiVersion":"batch/v1","kind":"Job","metadata":{},"spec":{""" + spec + $"\"completions\":{(spec.Length > 0 ? 5 : 0)}}}}}";
        Assert.Equal(faults, Rules.Update("jobs", before, before[..^1] + ",\"status\":" + status + "}", "status"));
    }

    [Fact]
    public void A_finished_Job_stays_so()
    {
        const string Before = """{"apiVersion":"batch/v1","kind":"Job","metadata":{},"status":{"failed":2,"startTime":"2001-01-01T00:00:00Z","conditions":[{"type":"FailureTarget","status":"True"},{"type":"Failed","status":"True"}]}}""";
        Assert.Equal(
            [
                "status.conditions: Invalid value: cannot disable the terminal Failed=True condition",
                "status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition",
                "status.failed: Invalid value: 1: cannot decrease the failed counter",
                "status.startTime: Required value: startTime cannot be removed for unsuspended job",
            ],
            Rules.Update("jobs", Before, """{"apiVersion":"batch/v1","kind":"Job","metadata":{},"status":{"failed":1}}""", "status"));
    }

    [Fact]
    public void A_resumed_Job_starts_anew() => Assert.Empty(Rules.Update(
        "jobs",
        """{"apiVersion":"batch/v1","kind":"Job","metadata":{},"status":{"startTime":"2001-01-01T00:00:00Z","conditions":[{"type":"Suspended","status":"True"}]}}""",
        """{"apiVersion":"batch/v1","kind":"Job","metadata":{},"status":{"startTime":"2001-01-01T00:00:09Z","conditions":[{"type":"Suspended","status":"False"}]}}""",
        "status"));

    [Theory]
    [InlineData("replicasets", "apps/v1", "ReplicaSet", "{\"matchLabels\":{\"a\":\"b\"}}", 2)]
    [InlineData("daemonsets", "apps/v1", "DaemonSet", "{\"matchLabels\":{\"a\":\"b\"}}", 2)]
    [InlineData("replicationcontrollers", "v1", "ReplicationController", "{\"a\":\"b\"}", 2)]
    [InlineData("deployments", "apps/v1", "Deployment", "{\"matchLabels\":{\"a\":\"b\"}}", 1)]
    [InlineData("statefulsets", "apps/v1", "StatefulSet", "{\"matchLabels\":{\"a\":\"b\"}}", 1)]
    public void A_fault_of_a_change_is_told_as_often_as_upstream_looks(string resource, string version, string kind, string selector, int times)
    {
        var before = $$$"""{"apiVersion":"{{{version}}}","kind":"{{{kind}}}","metadata":{},"spec":{"selector":""" + selector + ",\"template\":" + Template + "}}";
        Assert.Equal(
            Enumerable.Repeat("spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0", times),
            Rules.Update(resource, before, before.Replace("\"spec\":{\"selector\"", "\"spec\":{\"minReadySeconds\":-1,\"selector\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_StatefulSet_has_no_more_available_than_ready() => Assert.Equal(
        ["status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas"],
        Rules.Update(
            "statefulsets",
            """{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{}}""",
            """{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{},"status":{"replicas":1,"availableReplicas":1}}""",
            "status"));

    private static string CronJob(string spec) =>
        """{"apiVersion":"batch/v1","kind":"CronJob","metadata":{},"spec":{""" + spec + ""","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}}}""";

    private static string Job(string spec) =>
        """{"apiVersion":"batch/v1","kind":"Job","metadata":{},"spec":{""" + spec + ""","template":{"metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}""";
}
