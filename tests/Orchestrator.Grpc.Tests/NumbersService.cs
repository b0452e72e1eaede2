using Grpc.Core;
using Orchestrator.Grpc.Tests.Protos;

namespace Orchestrator.Grpc.Tests;

/// <summary>Serves <c>testing.Numbers</c>; negative numbers ask for failures.</summary>
public sealed class NumbersService(NumbersProbe probe) : Numbers.NumbersBase
{
    public const long Fail = -1;
    public const long Throw = -2;
    public const long WaitForCancellation = -3;

    public override async Task<Number> Echo(Number request, ServerCallContext context)
    {
        probe.Headers = context.RequestHeaders;
        switch (request.Value)
        {
            case Fail:
                throw new RpcException(
                    new Status(StatusCode.NotFound, "kein Behälter %\n"), new Metadata { { "why", "gone" }, { "raw-bin", [1, 2, 255] } });
            case Throw:
                throw new InvalidOperationException("secret");
            case WaitForCancellation:
                await WaitAsync(context.CancellationToken);
                break;
        }

        await context.WriteResponseHeadersAsync(new Metadata { { "head", "er" } });
        context.ResponseTrailers.Add("trail", "er");
        return request;
    }

    public override async Task<Number> Sum(IAsyncStreamReader<Number> requestStream, ServerCallContext context)
    {
        var sum = 0L;
        await foreach (var number in requestStream.ReadAllAsync())
        {
            sum += number.Value;
        }

        return new Number { Value = sum };
    }

    public override async Task CountTo(Number request, IServerStreamWriter<Number> responseStream, ServerCallContext context)
    {
        for (var i = 1; i <= request.Value; i++)
        {
            await responseStream.WriteAsync(new Number { Value = i });
        }

        if (request.Value == 3)
        {
            await WaitAsync(context.CancellationToken);
        }
    }

    public override async Task Double(IAsyncStreamReader<Number> requestStream, IServerStreamWriter<Number> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            if (requestStream.Current.Value < 0)
            {
                throw new RpcException(new Status(StatusCode.OutOfRange, "negative"));
            }

            await responseStream.WriteAsync(new Number { Value = requestStream.Current.Value * 2 });
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var cancelled = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(() => cancelled.SetResult());
        await cancelled.Task;
        probe.Cancelled.TrySetResult();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
