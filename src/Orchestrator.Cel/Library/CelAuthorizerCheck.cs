using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Library;

/// <summary>The value of <c>authorizer</c>, and of a question to it that is being put together.</summary>
public sealed class CelAuthorizerCheck : CelOpaque
{
    private readonly ICelAuthorizer _authorizer;
    private readonly CelAuthorizerQuery _query;

    private CelAuthorizerCheck(CelType type, ICelAuthorizer authorizer, CelAuthorizerQuery query)
        : base(type)
    {
        _authorizer = authorizer;
        _query = query;
    }

    /// <summary>The type to declare <c>authorizer</c> with.</summary>
    public static CelType AuthorizerType => AuthorizerLibrary.AuthorizerType;

    /// <summary>The type to declare <c>authorizer.requestResource</c> with.</summary>
    public static CelType ResourceCheckType => AuthorizerLibrary.ResourceCheckType;

    /// <summary>The value of <c>authorizer</c>.</summary>
    public static CelAuthorizerCheck Authorizer(ICelAuthorizer authorizer) => new(AuthorizerLibrary.AuthorizerType, authorizer, new());

    /// <summary>The value of <c>authorizer.requestResource</c>: a question about the request's own resource.</summary>
    public static CelAuthorizerCheck RequestResource(ICelAuthorizer authorizer, CelAuthorizerQuery query) => new(AuthorizerLibrary.ResourceCheckType, authorizer, query);

    public override bool ValueEquals(CelReference other) =>
        other is CelAuthorizerCheck check && check._query == _query && ReferenceEquals(check._authorizer, _authorizer);

    public override int ValueHash() => _query.GetHashCode();

    internal CelAuthorizerCheck With(CelType type, Func<CelAuthorizerQuery, CelAuthorizerQuery> change) => new(type, _authorizer, change(_query));

    internal CelAuthorizerCheck ForServiceAccount(string ns, string name) => new(AuthorizerLibrary.AuthorizerType, _authorizer.ForServiceAccount(ns, name), _query);

    internal CelAuthorizerDecision Ask(string verb) => _authorizer.Authorize(_query with { Verb = verb });
}
