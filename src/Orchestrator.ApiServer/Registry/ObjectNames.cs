namespace Orchestrator.ApiServer.Registry;

/// <summary>Names made by the server: a prefix and five characters that form no words.</summary>
internal sealed class ObjectNames(Random random)
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
    private const int SuffixLength = 5;
    private const int PrefixMax = 63 - SuffixLength;
    private readonly Lock _gate = new();

    public string Generate(string prefix)
    {
        Span<char> suffix = stackalloc char[SuffixLength];
        lock (_gate)
        {
            foreach (ref var c in suffix)
            {
                c = Alphabet[random.Next(Alphabet.Length)];
            }
        }

        return string.Concat(prefix.AsSpan(0, Math.Min(prefix.Length, PrefixMax)), suffix);
    }
}
