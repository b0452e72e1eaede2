using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>Remembers answers from above until they expire; bounded.</summary>
internal sealed class AnswerCache
{
    private readonly ConcurrentDictionary<byte[], UpstreamAnswer> _answers = new(QuestionKey.Comparer);
    private readonly ConcurrentDictionary<byte[], UpstreamAnswer>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly int _entriesMax;
    private readonly TimeProvider _time;

    public AnswerCache(int entriesMax, TimeProvider time)
    {
        _entriesMax = entriesMax;
        _time = time;
        _lookup = _answers.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out UpstreamAnswer? answer) =>
        _lookup.TryGetValue(key, out answer) && !answer.IsExpired(_time);

    public void Add(byte[] key, UpstreamAnswer answer)
    {
        if (answer.Lifetime <= TimeSpan.Zero)
        {
            return;
        }

        if (_answers.Count >= _entriesMax)
        {
            Shrink();
        }

        _answers[key] = answer;
    }

    /// <summary>Drops what has expired and, if that is not enough, any quarter: it costs a few questions asked twice.</summary>
    private void Shrink()
    {
        foreach (var (key, answer) in _answers)
        {
            if (answer.IsExpired(_time))
            {
                _answers.TryRemove(key, out _);
            }
        }

        var excess = _answers.Count - (_entriesMax * 3 / 4);
        foreach (var (key, _) in _answers)
        {
            if (excess-- <= 0)
            {
                return;
            }

            _answers.TryRemove(key, out _);
        }
    }
}
