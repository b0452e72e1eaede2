namespace Orchestrator.Client;

/// <summary>Random name suffixes without vowels and without characters that are mistaken for others. May be used by many at once.</summary>
public sealed class NameGenerator(Random random)
{
    internal const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    private readonly Lock _lock = new();

    /// <summary>A suffix of so many characters; 5 is what names have.</summary>
    public string Suffix(int length = 5)
    {
        lock (_lock)
        {
            return string.Create(length, random, static (span, random) =>
            {
                foreach (ref var c in span)
                {
                    c = Letters[random.Next(Letters.Length)];
                }
            });
        }
    }

    /// <summary>Any text in the letters of names, character by character.</summary>
    public static string Encode(string text) => string.Create(text.Length, text, static (span, text) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = Letters[text[i] % Letters.Length];
        }
    });
}
