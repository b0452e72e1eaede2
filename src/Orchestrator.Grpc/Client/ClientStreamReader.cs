using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The response stream of a call.</summary>
internal sealed class ClientStreamReader<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private TResponse? _current;

    public TResponse Current => _current ?? throw new InvalidOperationException("There is no current message; call MoveNext first.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        using var cancelled = cancellationToken.UnsafeRegister(static c => ((ClientCall<TRequest, TResponse>)c!).Cancel(), call);
        _current = await call.ReadAsync().ConfigureAwait(false);
        return _current is not null;
    }
}
