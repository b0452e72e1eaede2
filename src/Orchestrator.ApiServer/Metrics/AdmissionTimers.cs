namespace Orchestrator.ApiServer.Metrics;

/// <summary>The series of one chain of plugins. One timestamp between two plugins is all that timing them costs.</summary>
internal sealed class AdmissionTimers(AdmissionInstruments instruments, Histogram[] plugins, Func<int, Histogram> refusedPlugins, Histogram step, Func<Histogram> refusedStep)
{
    public long Now => instruments.Time.GetTimestamp();

    /// <summary>A plugin has let the request pass.</summary>
    /// <returns>The timestamp at which the next begins.</returns>
    public long Passed(int plugin, long startedAt)
    {
        var now = Now;
        plugins[plugin].Observe(instruments.Time.GetElapsedTime(startedAt, now));
        return now;
    }

    /// <summary>All have.</summary>
    public void AllPassed(long startedAt) => step.Observe(instruments.Time.GetElapsedTime(startedAt));

    /// <summary>A plugin has refused the request.</summary>
    public void Refused(int plugin, long pluginStartedAt, long startedAt)
    {
        refusedPlugins(plugin).Observe(instruments.Time.GetElapsedTime(pluginStartedAt));
        refusedStep().Observe(instruments.Time.GetElapsedTime(startedAt));
    }
}
