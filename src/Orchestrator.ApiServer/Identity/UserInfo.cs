namespace Orchestrator.ApiServer.Identity;

/// <summary>Who makes a request.</summary>
public sealed record UserInfo
{
    public static UserInfo Anonymous { get; } = new() { Name = "system:anonymous", Groups = ["system:unauthenticated"] };

    public required string Name { get; init; }

    public string Uid { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}
