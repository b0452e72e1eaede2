namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Recognises bearer tokens of one kind. May be called by several threads at once.</summary>
internal interface ITokenAuthenticator
{
    /// <summary>
    /// Who a token stands for. <see cref="AuthenticationResult.None"/> if it is none of this kind; refused, if it is but no good.
    /// </summary>
    /// <param name="token">The token as it came.</param>
    /// <param name="audiences">A recipient must be among these; never empty.</param>
    /// <param name="cancellationToken">Ends the wait for a foreign authority.</param>
    ValueTask<AuthenticationResult> AuthenticateAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken);
}
