using Orchestrator.Storage.Indexing;

namespace Orchestrator.Storage.Tests.Indexing;

public sealed class IndexBuilderTests
{
    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 5_000)]
    [InlineData(3, 40_000)]
    public void A_tree_holds_what_a_sorted_dictionary_holds(int seed, int steps)
    {
        var random = new Random(seed);
        var expected = new SortedDictionary<string, StoredValue>(StringComparer.Ordinal);
        var builder = new IndexBuilder(null);
        var published = new List<(CollectionSnapshot Snapshot, List<StoredValue> Content)>();
        for (var i = 0; i < steps; i++)
        {
            // Growing first, shrinking later, so that splits and merges both happen at every depth.
            var name = $"ns{random.Next(5)}/{random.Next(steps)}";
            var removes = random.Next(100) < (i < steps / 2 ? 20 : 90);
            if (removes && expected.Count > 0)
            {
                name = random.Next(2) == 0 ? name : builder.Publish()!.Find(expected.First().Key)!.Name;
                expected.Remove(name, out var was);
                Assert.Same(was, builder.Remove(name));
            }
            else
            {
                var value = Value(name, i);
                expected.TryGetValue(name, out var was);
                Assert.Same(was, builder.Put(value));
                expected[name] = value;
            }

            if (i % (steps / 20) == 0)
            {
                published.Add((new("c", new(i), builder.Publish()), [.. expected.Values]));
            }
        }

        published.Add((new("c", new(steps), builder.Publish()), [.. expected.Values]));
        foreach (var (snapshot, content) in published)
        {
            Assert.Equal(content.Count, snapshot.Count);
            Assert.Equal(content, snapshot.Range());
            var from = $"ns{random.Next(5)}/{random.Next(steps)}";
            var tail = content.Where(value => string.CompareOrdinal(value.Name, from) >= 0).ToList();
            Assert.Equal(tail, snapshot.Range(from: from));
            Assert.Equal(tail.Count, snapshot.Range(from: from).Count);
            var inNamespace = content.Where(value => value.Name.StartsWith("ns2/", StringComparison.Ordinal)).ToList();
            Assert.Equal(inNamespace, snapshot.Range("ns2/"));
            Assert.Equal(inNamespace.Count, snapshot.Range("ns2/").Count);
            Assert.All(content.Take(50), value => Assert.Same(value, snapshot.Find(value.Name)));
        }
    }

    [Fact]
    public void An_emptied_tree_is_empty_and_grows_again()
    {
        var builder = new IndexBuilder(null);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 2_000; i++)
            {
                builder.Put(Value($"p{i:d5}", i));
            }

            for (var i = 1_999; i >= 0; i--)
            {
                Assert.NotNull(builder.Remove($"p{i:d5}"));
            }

            Assert.Null(builder.Publish());
        }
    }

    private static StoredValue Value(string name, int revision) => new(new("c", name), default, new(revision), new(revision), 0, null);
}
