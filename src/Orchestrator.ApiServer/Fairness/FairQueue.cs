namespace Orchestrator.ApiServer.Fairness;

/// <summary>One queue of a priority level. All members need the level's lock.</summary>
internal sealed class FairQueue(int index)
{
    public int Index { get; } = index;

    public LinkedList<Waiter> Waiting { get; } = new();

    public int SeatsWaiting { get; set; }

    public int Executing { get; set; }

    public int SeatsInUse { get; set; }

    /// <summary>How much work it was given so far, in seat-seconds of the level's virtual time: the queue with the least goes first.</summary>
    public double Served { get; set; }
}
