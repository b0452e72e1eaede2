namespace Orchestrator.ApiServer.Identity;

/// <summary>Who makes a request.</summary>
public sealed record UserInfo
{
    public static UserInfo Anonymous { get; } = new() { Name = "system:anonymous", Groups = ["system:unauthenticated"] };

    /// <summary>The server itself.</summary>
    public static UserInfo ApiServer { get; } = new() { Name = "system:apiserver", Groups = ["system:masters"] };

    public required string Name { get; init; }

    public string Uid { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}
