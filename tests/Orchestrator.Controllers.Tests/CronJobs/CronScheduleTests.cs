using System.Globalization;
using Orchestrator.Controllers.CronJobs;

namespace Orchestrator.Controllers.Tests.CronJobs;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("*/5 * * * *", "2031-05-01T08:03:10Z", "2031-05-01T08:05:00Z")]
    [InlineData("0 0 * * *", "2031-05-01T08:03:10Z", "2031-05-02T00:00:00Z")]
    [InlineData("30 8-10/2 * * *", "2031-05-01T08:31:00Z", "2031-05-01T10:30:00Z")]
    [InlineData("0 12 * * MON-FRI", "2031-05-02T13:00:00Z", "2031-05-05T12:00:00Z")]
    [InlineData("0 0 29 feb *", "2031-05-01T00:00:00Z", "2032-02-29T00:00:00Z")]
    [InlineData("0 0 13 * fri", "2031-05-01T00:00:00Z", "2031-05-02T00:00:00Z")] // Either day will do when both are given.
    [InlineData("@hourly", "2031-05-01T08:00:00Z", "2031-05-01T09:00:00Z")]
    [InlineData("@every 90s", "2031-05-01T08:00:00Z", "2031-05-01T08:01:30Z")]
    [InlineData("? ? ? ? ?", "2031-05-01T08:00:00Z", "2031-05-01T08:01:00Z")]
    public void Next_time_is_the_first_that_all_fields_allow(string schedule, string after, string next) =>
        Assert.Equal(Time(next), CronSchedule.Parse(schedule, TimeZoneInfo.Utc).Next(Time(after)));

    [Fact]
    public void Day_that_never_comes_has_no_next_time() =>
        Assert.Null(CronSchedule.Parse("0 0 31 2 *", TimeZoneInfo.Utc).Next(Time("2031-05-01T00:00:00Z")));

    [Theory]
    [InlineData("30 9 * * *", "2031-01-10T00:00:00Z", "2031-01-10T14:30:00Z")] // Winter in New York is five hours behind,
    [InlineData("30 9 * * *", "2031-07-10T00:00:00Z", "2031-07-10T13:30:00Z")] // summer four.
    [InlineData("30 2 * * *", "2031-03-09T05:00:00Z", "2031-03-10T06:30:00Z")] // This night has no half past two.
    public void Fields_are_read_in_the_time_zone(string schedule, string after, string next) =>
        Assert.Equal(Time(next), CronSchedule.Parse(schedule, TimeZoneInfo.FindSystemTimeZoneById("America/New_York")).Next(Time(after)));

    [Theory]
    [InlineData("* * * *")]
    [InlineData("61 * * * *")]
    [InlineData("* * * * someday")]
    [InlineData("@sometimes")]
    [InlineData("5-1 * * * *")]
    public void What_is_no_schedule_is_refused(string text) => Assert.Throws<FormatException>(() => CronSchedule.Parse(text, TimeZoneInfo.Utc));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
