namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Tokens that say nothing of audiences: they are good for this server's own, and for no other.</summary>
internal sealed class OwnAudiences(ITokenAuthenticator tokens, IReadOnlyList<string> own) : ITokenAuthenticator, IDisposable
{
    public async ValueTask<AuthenticationResult> AuthenticateAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        // For requests the two are one list.
        var good = ReferenceEquals(audiences, own) ? own : audiences.Where(own.Contains).ToArray();
        return good.Count == 0 ? AuthenticationResult.None : await tokens.AuthenticateAsync(token, good, cancellationToken);
    }

    public void Dispose() => (tokens as IDisposable)?.Dispose();
}
