using System.Text.RegularExpressions;

namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>What the recording's <c>&lt;hash1&gt;</c> and <c>&lt;rand2&gt;</c> are in this run, as far as it is known.</summary>
internal sealed partial class Placeholders
{
    private Dictionary<string, string> _known = [];

    [GeneratedRegex("<[a-zA-Z.]+[0-9]*>")]
    private static partial Regex Token { get; }

    /// <summary>Whether a text of this run fits one of the recording; unknown numbered placeholders fit anything that has their form.</summary>
    /// <param name="recorded">The recorded text.</param>
    /// <param name="actual">The text of this run.</param>
    /// <param name="learn">Take what the placeholders stand for as known from now on.</param>
    public bool Fits(string recorded, string actual, bool learn = false)
    {
        if (!recorded.Contains('<', StringComparison.Ordinal))
        {
            return recorded == actual;
        }

        var names = new List<string>();
        var pattern = "^";
        var position = 0;
        foreach (Match token in Token.Matches(recorded))
        {
            pattern += Regex.Escape(recorded[position..token.Index]);
            position = token.Index + token.Length;
            var name = token.Value[1..^1];
            if (_known.TryGetValue(name, out var value))
            {
                pattern += Regex.Escape(value);
                continue;
            }

            pattern += Form(name);
            names.Add(name);
        }

        var match = Regex.Match(actual, pattern + Regex.Escape(recorded[position..]) + "$");
        if (!match.Success)
        {
            return false;
        }

        for (var i = 0; i < names.Count; i++)
        {
            var value = match.Groups[i + 1].Value;
            if (!IsNumbered(names[i]))
            {
                continue;
            }

            // Two numbers never stand for the same.
            if (_known.ContainsValue(value))
            {
                return false;
            }

            if (learn)
            {
                _known[names[i]] = value;
            }
        }

        return true;
    }

    public Placeholders Copy() => new() { _known = new(_known) };

    /// <summary>A copy that does not know which pod is which.</summary>
    public Placeholders WithoutPods() => new() { _known = _known.Where(static k => !k.Key.StartsWith("rand", StringComparison.Ordinal)).ToDictionary() };

    /// <summary>Takes over what another has learned; what it forgot stays.</summary>
    public void Take(Placeholders other)
    {
        foreach (var (name, value) in other._known)
        {
            _known[name] = value;
        }
    }

    /// <summary>Exchanges what two placeholders stand for.</summary>
    public void Swap(string recordedName, string actualName)
    {
        var name = Token.Matches(recordedName).Select(static m => m.Value[1..^1]).LastOrDefault(static n => n.StartsWith("rand", StringComparison.Ordinal));
        if (name is null)
        {
            return;
        }

        var suffix = actualName[(actualName.LastIndexOf('-') + 1)..];
        var other = _known.FirstOrDefault(k => k.Value == suffix).Key;
        var mine = _known.GetValueOrDefault(name);
        _known[name] = suffix;
        if (other is not null && other != name)
        {
            if (mine is null)
            {
                _known.Remove(other);
            }
            else
            {
                _known[other] = mine;
            }
        }
    }

    private static bool IsNumbered(string name) => char.IsAsciiDigit(name[^1]);

    private static string Form(string name) => name switch
    {
        _ when name.StartsWith("hash", StringComparison.Ordinal) => "([bcdfghjklmnpqrstvwxz2456789]+)",
        _ when name.StartsWith("rand", StringComparison.Ordinal) => "([bcdfghjklmnpqrstvwxz2456789]{5})",
        _ when name.StartsWith("minutes", StringComparison.Ordinal) => "([0-9]+)",
        _ => "(.+)",
    };
}
