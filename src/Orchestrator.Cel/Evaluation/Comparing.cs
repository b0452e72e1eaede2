using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>The order of values of one kind.</summary>
internal static class Comparing
{
    /// <summary>Negative, 0 or positive; null if the two have no order.</summary>
    public static int? Order(in CelValue left, in CelValue right)
    {
        if (left.IsNumber && right.IsNumber)
        {
            return Numbers.Compare(left, right);
        }

        if (left.Kind != right.Kind)
        {
            return null;
        }

        return left.Kind switch
        {
            CelKind.Bool => left.AsBool.CompareTo(right.AsBool),
            CelKind.String => CompareText(left.AsString, right.AsString),
            CelKind.Bytes => left.AsBytes.Data.Span.SequenceCompareTo(right.AsBytes.Data.Span),
            CelKind.Duration => left.AsNanoseconds.CompareTo(right.AsNanoseconds),
            CelKind.Timestamp => left.AsTimestamp.CompareTo(right.AsTimestamp),
            _ => null,
        };
    }

    /// <summary>By code points, as Go's byte order of UTF-8 is; UTF-16's differs beyond the basic plane.</summary>
    private static int CompareText(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        var (a, b) = (left[common], right[common]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }
}
