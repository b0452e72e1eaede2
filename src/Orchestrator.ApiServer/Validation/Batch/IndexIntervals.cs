using System.Globalization;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>Sets of completion indexes as text: <c>0,3-5</c>, ascending, below the number of completions.</summary>
internal static class IndexIntervals
{
    /// <summary>What is wrong with a text, null if nothing; <paramref name="total"/> is the number of indexes, 0 for a faulty text.</summary>
    public static string? Fault(string text, int completions, out int total)
    {
        total = 0;
        if (text.Length == 0)
        {
            return null;
        }

        var (count, previous) = (0L, -1L);
        var isFirst = true;
        foreach (var interval in text.Split(','))
        {
            if (Read(interval, completions, out var first, out var last) is { } fault)
            {
                return fault;
            }

            if (!isFirst && previous >= first)
            {
                return $"non-increasing order, previous: {previous}, current: {first}";
            }

            (isFirst, previous) = (false, last);
            count += last - first + 1;
        }

        total = (int)count;
        return null;
    }

    /// <summary>The first index that is in both sets; null if none is. Intervals that cannot be read are passed over.</summary>
    public static long? Overlap(string left, string right, int completions)
    {
        if (left.Length == 0 || right.Length == 0)
        {
            return null;
        }

        var (lefts, rights) = (Readable(left, completions), Readable(right, completions));
        for (int i = 0, j = 0; i < lefts.Count && j < rights.Count;)
        {
            var (a, b) = (lefts[i], rights[j]);
            if (a.First <= b.Last && b.First <= a.Last)
            {
                return Math.Max(a.First, b.First);
            }

            if (a.First <= b.First)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return null;
    }

    private static List<(long First, long Last)> Readable(string text, int completions)
    {
        var result = new List<(long, long)>();
        foreach (var interval in text.Split(','))
        {
            if (Read(interval, completions, out var first, out var last) is null)
            {
                result.Add((first, last));
            }
        }

        return result;
    }

    private static string? Read(string interval, int completions, out long first, out long last)
    {
        (first, last) = (0, 0);
        var limits = interval.Split('-');
        if (limits.Length > 2)
        {
            return $"the fragment {GoText.Quote(interval)} violates the requirement that an index interval can have at most two parts separated by '-'";
        }

        if (Index(limits[0], completions, out first) is { } fault)
        {
            return fault;
        }

        last = first;
        if (limits.Length == 1)
        {
            return null;
        }

        return Index(limits[1], completions, out last)
            ?? (first >= last ? $"non-increasing order, previous: {first}, current: {last}" : null);
    }

    private static string? Index(string text, int completions, out long value) =>
        !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) ? $"cannot convert string to integer for index: {GoText.Quote(text)}"
        : value >= completions ? $"too large index: {GoText.Quote(text)}"
        : null;
}
