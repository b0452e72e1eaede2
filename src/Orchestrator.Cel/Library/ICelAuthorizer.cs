namespace Orchestrator.Cel.Library;

/// <summary>Who answers expressions whether the request's user, or a service account, may do something.</summary>
public interface ICelAuthorizer
{
    CelAuthorizerDecision Authorize(CelAuthorizerQuery query);

    /// <summary>The same for a service account.</summary>
    ICelAuthorizer ForServiceAccount(string ns, string name);
}
