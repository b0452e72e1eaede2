namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Who was recognised; or nobody, with the reasons why credentials were refused (none when there were no credentials).</summary>
public sealed record AuthenticationResult
{
    /// <summary>No credentials of a kind that the authenticator knows.</summary>
    public static AuthenticationResult None { get; } = new();

    public UserInfo? User { get; init; }

    /// <summary>The audiences that the credential is good for, of those asked about.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>The errors as upstream aggregates them: one bare, several in brackets.</summary>
    public string Error => Errors.Count switch
    {
        0 => "",
        1 => Errors[0],
        _ => "[" + string.Join(", ", Errors) + "]",
    };

    public static AuthenticationResult Refused(params string[] errors) => new() { Errors = errors };

    public static AuthenticationResult Recognised(UserInfo user, IReadOnlyList<string> audiences) => new() { User = user, Audiences = audiences };
}
