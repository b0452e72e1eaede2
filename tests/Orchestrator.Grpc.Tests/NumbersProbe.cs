using Grpc.Core;

namespace Orchestrator.Grpc.Tests;

/// <summary>What the service saw, for the tests to look at.</summary>
public sealed class NumbersProbe
{
    public Metadata? Headers { get; set; }

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
