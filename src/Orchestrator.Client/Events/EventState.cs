namespace Orchestrator.Client;

/// <summary>What is known of an Event that may come again.</summary>
internal sealed class EventState
{
    /// <summary>The stored Event's name; "" while there is none.</summary>
    public string Name { get; set; } = "";

    public int Count { get; set; }

    public DateTimeOffset First { get; private set; }

    /// <summary>When it was last written.</summary>
    public DateTimeOffset Written { get; set; }

    public void Restart(DateTimeOffset now)
    {
        Name = "";
        Count = 1;
        First = now;
    }
}
