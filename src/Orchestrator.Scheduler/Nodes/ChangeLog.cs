namespace Orchestrator.Scheduler.Nodes;

/// <summary>The slots that changed, in order, as far as a ring remembers.</summary>
internal sealed class ChangeLog
{
    private const int Remembered = 1 << 13;
    private readonly int[] _ring = new int[Remembered];

    /// <summary>The position behind the last change.</summary>
    public long End { get; private set; }

    public int this[long position] => _ring[position & (Remembered - 1)];

    public void Note(int slot) => _ring[End++ & (Remembered - 1)] = slot;

    /// <summary>Whether all changes since a position are still remembered and going through them is less work than through all slots.</summary>
    public bool CanReplay(long since, int slots) => End - since < Math.Min(Remembered, slots);
}
