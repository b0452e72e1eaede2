using Orchestrator.Api;

namespace Orchestrator.ApiServer.CustomResources;

/// <summary>
/// Whole numbers of custom objects as they come back from the store: 5.0 is written as 5, which is read as an integer. Objects that stay in memory
/// must look the same, or the next write of nothing would seem to change them.
/// </summary>
internal static class StoredNumbers
{
    // Beyond this Go writes an exponent, and beyond 2^63 no integer is read; both stay floats.
    private const double Limit = 9.2e18;

    /// <summary>The content with its whole numbers as integers; itself if they are that already.</summary>
    public static ApiMap<object?> Settle(ApiMap<object?> content)
    {
        ApiMap<object?>? changed = null;
        for (var i = 0; i < content.Count; i++)
        {
            var value = content.ValueAt(i);
            var settled = Settle(value);
            if (!ReferenceEquals(value, settled))
            {
                changed ??= content.Copy();
                changed.SetSlot(content.KeyAt(i), settled);
            }
        }

        return changed ?? content;
    }

    private static object? Settle(object? value)
    {
        switch (value)
        {
            case double number when number == Math.Truncate(number) && Math.Abs(number) < Limit:
                return (long)number;
            case ApiMap<object?> map:
                return Settle(map);
            case ApiList<object?> list:
                object?[]? changed = null;
                for (var i = 0; i < list.Count; i++)
                {
                    var item = list.ItemAt(i);
                    var settled = Settle(item);
                    if (!ReferenceEquals(item, settled))
                    {
                        changed ??= [.. list];
                        changed[i] = settled;
                    }
                }

                return changed is null ? list : ApiList.Create<object?>(changed);
            default:
                return value;
        }
    }
}
