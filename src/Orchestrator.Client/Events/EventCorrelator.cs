namespace Orchestrator.Client;

/// <summary>Decides which pieces of news are the same Event again, and which are too many. Used by one thread at a time.</summary>
/// <remarks>The figures are client-go's: a burst of 25 per object, then one in five minutes; combined after ten different texts in ten minutes.</remarks>
internal sealed class EventCorrelator
{
    private const int Burst = 25;
    private const int SimilarMax = 10;
    private const int Remembered = 4096;
    private static readonly TimeSpan Refill = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SimilarSpan = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, (double Tokens, DateTimeOffset At)> _budgets = [];
    private readonly Dictionary<(string Uid, string Name, string Reason, string Type), (HashSet<string> Messages, DateTimeOffset At)> _similar = [];
    private readonly Dictionary<(string Uid, string Name, string Reason, string Type, string Message), EventState> _states = [];

    /// <summary>The state of the Event that this news belongs to and the text to write; null if it is to be dropped.</summary>
    public (EventState State, string Message)? Correlate(EventNews news)
    {
        var about = news.Regarding;
        var group = (about.Uid, about.Namespace + "/" + about.Kind + "/" + about.Name + "/" + about.FieldPath, news.Reason, news.Type);
        var similar = _similar.TryGetValue(group, out var known) && news.At - known.At <= SimilarSpan ? known.Messages : [];
        Trim(_similar);
        _similar[group] = (similar, news.At);
        var message = news.Message;
        var key = (group.Uid, group.Item2, group.Reason, group.Type, message);
        similar.Add(message);
        if (similar.Count >= SimilarMax)
        {
            // The tenth different text and all that follow share one Event; the set stays at its size.
            similar.Remove(message);
            similar.Add("");
            message = "(combined from similar events): " + message;
            key = (group.Uid, group.Item2, group.Reason, group.Type, "");
        }

        if (!_states.TryGetValue(key, out var state))
        {
            Trim(_states);
            _states[key] = state = new();
            state.Restart(news.At);
        }
        else
        {
            state.Count++;
        }

        return TakeToken(group.Uid + group.Item2, news.At) ? (state, message) : null;
    }

    private bool TakeToken(string about, DateTimeOffset now)
    {
        Trim(_budgets);
        var tokens = _budgets.TryGetValue(about, out var budget) ? Math.Min(Burst, budget.Tokens + ((now - budget.At) / Refill)) : Burst;
        var granted = tokens >= 1;
        _budgets[about] = (granted ? tokens - 1 : tokens, now);
        return granted;
    }

    // A bound on memory; forgetting all now and then only costs a few Events that start anew.
    private static void Trim<TKey, TValue>(Dictionary<TKey, TValue> map)
        where TKey : notnull
    {
        if (map.Count >= Remembered)
        {
            map.Clear();
        }
    }
}
