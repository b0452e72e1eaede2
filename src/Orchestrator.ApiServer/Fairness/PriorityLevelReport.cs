namespace Orchestrator.ApiServer.Fairness;

/// <summary>A priority level as it is at one moment, for /debug/api_priority_and_fairness.</summary>
internal sealed record PriorityLevelReport(
    string Name, int ActiveQueues, bool IsIdle, int Waiting, int Executing, long Dispatched, long Rejected, long TimedOut, long Cancelled, QueueReport[] Queues);

/// <summary>One of its queues.</summary>
internal sealed record QueueReport(int Index, int Pending, int Executing, int SeatsInUse, int SeatsWaiting, double Served, Waiter[] Waiters);
