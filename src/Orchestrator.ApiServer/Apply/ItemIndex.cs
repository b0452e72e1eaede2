using Orchestrator.Api;

namespace Orchestrator.ApiServer.Apply;

/// <summary>The items of an associative list by what identifies them, in order of appearance.</summary>
internal sealed class ItemIndex
{
    private const int LinearMax = 8;
    private readonly List<(PathElement Element, ItemEntry Entry)> _entries;
    private Dictionary<PathElement, ItemEntry>? _byElement;

    private ItemIndex(int capacity) => _entries = new(capacity);

    /// <summary>Each identity once.</summary>
    public List<(PathElement Element, ItemEntry Entry)> Entries => _entries;

    /// <param name="type">The list's type.</param>
    /// <param name="list">The items.</param>
    /// <param name="skipsUnknown">Leave out items that cannot be identified.</param>
    /// <exception cref="ApplyException">An item cannot be identified.</exception>
    public static ItemIndex Of(ListType type, IApiList? list, bool skipsUnknown = false)
    {
        var index = new ItemIndex(list?.Count ?? 0);
        for (var i = 0; i < (list?.Count ?? 0); i++)
        {
            var item = list!.ItemAt(i);
            if (type.ElementOf(item, out var error) is not { } element)
            {
                if (skipsUnknown)
                {
                    continue;
                }

                throw new ApplyException($"element {i}: {error}");
            }

            if (index.Find(element) is { } known)
            {
                known.Add(item);
            }
            else
            {
                index.Add(element, new(item));
            }
        }

        return index;
    }

    public ItemEntry? Find(PathElement element)
    {
        if (_byElement is not null)
        {
            return _byElement.GetValueOrDefault(element);
        }

        foreach (var (known, entry) in _entries)
        {
            if (known.CompareTo(element) == 0)
            {
                return entry;
            }
        }

        return null;
    }

    private void Add(PathElement element, ItemEntry entry)
    {
        _entries.Add((element, entry));
        if (_byElement is not null)
        {
            _byElement.Add(element, entry);
        }
        else if (_entries.Count > LinearMax)
        {
            _byElement = _entries.ToDictionary(static e => e.Element, static e => e.Entry);
        }
    }
}
