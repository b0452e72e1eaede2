using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>
/// Takes what the program's other rooms measure through <see cref="Meter"/>s named <c>Orchestrator.*</c> into the registry, under the
/// instruments' own names. A meter's tags become labels of all its series, a measurement's tags are added to them.
/// </summary>
internal sealed class MeterBridge : IDisposable
{
    private const string MeterPrefix = "Orchestrator.";
    private readonly MetricRegistry _registry;
    private readonly RestClientIntake _rest;
    private readonly MeterListener _listener = new();

    public MeterBridge(MetricRegistry registry)
    {
        _registry = registry;
        _rest = new RestClientIntake(registry);
        _listener.InstrumentPublished = Published;
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((IntakeOf)state!).Take(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((IntakeOf)state!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) =>
        {
            if (state is RestClientIntake rest)
            {
                rest.Take(value, tags);
                return;
            }

            ((IntakeOf)state!).Take(value, tags);
        });
        _listener.Start();
    }

    /// <summary>Asks the instruments that are only looked at now and then; call it before a scrape.</summary>
    public void Poll() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();

    private void Published(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal))
        {
            listener.EnableMeasurementEvents(instrument, new IntakeOf(_registry, instrument));
        }
        else if (instrument.Meter.Name == RestClientIntake.Meter && instrument.Name == RestClientIntake.Instrument)
        {
            listener.EnableMeasurementEvents(instrument, _rest);
        }
    }

    /// <summary>The series of one instrument.</summary>
    private sealed class IntakeOf(MetricRegistry registry, Instrument instrument)
    {
        private readonly KeyValuePair<string, object?>[] _fixed = [.. instrument.Meter.Tags ?? [], .. instrument.Tags ?? []];
        private readonly ConcurrentDictionary<string, Action<double>> _byLabels = new(StringComparer.Ordinal);
        private Action<double>? _untagged;

        public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length == 0)
            {
                (_untagged ??= Series(tags))(value);
                return;
            }

            var key = tags.Length == 1 && tags[0].Value is string only ? only : string.Join('\u0001', tags.ToArray().Select(static t => t.Value?.ToString()));
            if (!_byLabels.TryGetValue(key, out var series))
            {
                series = _byLabels.GetOrAdd(key, Series(tags));
            }

            series(value);
        }

        private Action<double> Series(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            KeyValuePair<string, object?>[] all = [.. _fixed, .. tags];
            var names = all.Select(static t => t.Key).ToArray();
            var values = all.Select(static t => t.Value?.ToString() ?? "").ToArray();
            var help = instrument.Description ?? "";
            switch (instrument)
            {
                case Histogram<double> histogram:
                    var bounds = histogram.Advice?.HistogramBucketBoundaries?.ToArray() ?? MetricRegistry.RequestBuckets;
                    return registry.Histogram(instrument.Name, help, bounds, names).With(values).Observe;
                case ObservableGauge<long> or ObservableGauge<double> or ObservableUpDownCounter<long>:
                    var gauge = registry.Gauge(instrument.Name, help, names).With(values);
                    return value => gauge.Value = value;
                case UpDownCounter<long>:
                    return registry.Gauge(instrument.Name, help, names).With(values).Add;
                default:
                    var counter = registry.Counter(instrument.Name, help, names).With(values);
                    return value => counter.Add((long)value);
            }
        }
    }
}
