using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Storage.Etcd;

/// <summary>Calls the etcd cluster: the endpoint that last answered, and the others in turn when it fails.</summary>
internal sealed partial class EtcdClient : IDisposable
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    private readonly EtcdEndpoint[] _endpoints;
    private readonly EtcdStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private int _current;

    public EtcdClient(EtcdStoreOptions options, TimeProvider time, ILogger logger)
    {
        if (options.Endpoints.Count == 0)
        {
            throw new ArgumentException("etcd needs at least one endpoint", nameof(options));
        }

        _options = options;
        _time = time;
        _logger = logger;
        _endpoints = [.. options.Endpoints.Select(address => new EtcdEndpoint(address, options))];
    }

    /// <summary>The endpoint to use.</summary>
    public EtcdEndpoint Current => _endpoints[Volatile.Read(ref _current)];

    /// <summary>Makes the next endpoint the current one, unless somebody has left this one already.</summary>
    public void Leave(EtcdEndpoint endpoint, string reason)
    {
        var at = Array.IndexOf(_endpoints, endpoint);
        var next = (at + 1) % _endpoints.Length;
        if (Interlocked.CompareExchange(ref _current, next, at) == at)
        {
            LogLost(endpoint.Address, _endpoints[next].Address, reason);
        }
    }

    /// <summary>Makes a call that may be repeated elsewhere without harm.</summary>
    /// <exception cref="StoreUnavailableException">No endpoint answered in time.</exception>
    public Task<T> ReadAsync<T>(Func<EtcdEndpoint, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken) =>
        CallAsync(call, isRepeatable: true, cancellationToken);

    /// <summary>Makes a call that is repeated elsewhere only if it certainly did not get through.</summary>
    /// <exception cref="StoreUnavailableException">It was not done.</exception>
    /// <exception cref="StoreOutcomeUnknownException">It may have been done.</exception>
    public Task<T> WriteAsync<T>(Func<EtcdEndpoint, CallOptions, AsyncUnaryCall<T>> call) =>
        CallAsync(call, isRepeatable: false, CancellationToken.None);

    public void Dispose()
    {
        foreach (var endpoint in _endpoints)
        {
            endpoint.Dispose();
        }
    }

    private async Task<T> CallAsync<T>(Func<EtcdEndpoint, CallOptions, AsyncUnaryCall<T>> call, bool isRepeatable, CancellationToken cancellationToken)
    {
        var deadline = _time.GetUtcNow() + _options.RequestTimeout;
        var pause = PauseMin;
        for (var attempt = 1; ; attempt++)
        {
            var endpoint = Current;
            RpcException failure;
            try
            {
                using var pending = call(endpoint, new CallOptions(deadline: deadline.UtcDateTime, cancellationToken: cancellationToken));
                return await pending.ResponseAsync;
            }
            catch (RpcException exception)
            {
                cancellationToken.ThrowIfCancellationRequested();
                failure = exception;
            }

            var wasSent = !NeverArrived(failure);
            if (!IsPassing(failure))
            {
                throw new StoreUnavailableException($"etcd at {endpoint.Address} refused: {failure.Status.Detail} ({failure.StatusCode})", failure);
            }

            Leave(endpoint, failure.Status.Detail);
            if (wasSent && !isRepeatable)
            {
                throw new StoreOutcomeUnknownException($"etcd at {endpoint.Address} did not say how a write came out: {failure.Status.Detail} ({failure.StatusCode})", failure);
            }

            if (_time.GetUtcNow() + pause >= deadline)
            {
                throw new StoreUnavailableException($"none of the etcd endpoints ({string.Join(", ", _options.Endpoints)}) answered within {_options.RequestTimeout}: {failure.Status.Detail}", failure);
            }

            // After each round through all endpoints, and longer each time.
            if (attempt % _endpoints.Length == 0)
            {
                await Task.Delay(pause, _time, cancellationToken);
                pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
            }
        }
    }

    /// <summary>Whether the failure has to do with the endpoint or the moment, rather than with what was asked.</summary>
    private static bool IsPassing(RpcException failure) =>
        failure.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown;

    /// <summary>Whether no connection came about, so that nothing can have been done.</summary>
    private static bool NeverArrived(RpcException failure)
    {
        for (var cause = failure.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError })
            {
                return true;
            }
        }

        // Said by a member that has nobody to hand the proposal to.
        return failure.StatusCode == StatusCode.Unavailable && failure.Status.Detail.Contains("no leader", StringComparison.Ordinal);
    }

    [LoggerMessage(StorageEvents.EtcdEndpointLost, LogLevel.Warning, "Left etcd endpoint {Endpoint} for {Next}: {Reason}")]
    private partial void LogLost(string endpoint, string next, string reason);
}
