using Orchestrator.Api;
using Orchestrator.Api.Discovery.V1;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>Remembers the slices written, so that a pass over a cache that does not show them yet is put off instead of writing them twice.</summary>
internal sealed class SliceTracker
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, Dictionary<string, long>> _written = [];

    public void Wrote(ObjectKey service, EndpointSlice slice)
    {
        lock (_lock)
        {
            if (!_written.TryGetValue(service, out var slices))
            {
                _written[service] = slices = [];
            }

            slices[slice.Metadata.Uid] = slice.Metadata.Generation;
        }
    }

    public void Gone(ObjectKey service, string uid)
    {
        lock (_lock)
        {
            if (_written.TryGetValue(service, out var slices))
            {
                slices.Remove(uid);
            }
        }
    }

    public void Forget(ObjectKey service)
    {
        lock (_lock)
        {
            _written.Remove(service);
        }
    }

    /// <summary>Whether the cache lags behind what was written.</summary>
    public bool IsStale(ObjectKey service, IReadOnlyCollection<EndpointSlice> cached)
    {
        lock (_lock)
        {
            if (!_written.TryGetValue(service, out var slices) || slices.Count == 0)
            {
                return false;
            }

            var seen = 0;
            foreach (var slice in cached)
            {
                if (slices.TryGetValue(slice.Metadata.Uid, out var generation))
                {
                    if (slice.Metadata.Generation < generation)
                    {
                        return true;
                    }

                    seen++;
                }
            }

            return seen < slices.Count;
        }
    }
}
