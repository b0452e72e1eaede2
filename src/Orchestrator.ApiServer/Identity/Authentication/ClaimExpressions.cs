using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Expressions;
using Orchestrator.Cel;
using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>The expressions of an AuthenticationConfiguration's issuer: what the claims of a token make of a user, and what must hold of both. Immutable.</summary>
internal sealed class ClaimExpressions
{
    private const string UserType = "kubernetes.UserInfo";

    private static readonly CelEnvironment OfClaims = CelEnvironment.Kubernetes.WithVariable("claims", CelType.Map(CelType.String, CelType.Any));

    private static readonly CelEnvironment OfUser = CelEnvironment.Kubernetes
        .WithTypes(new FieldTypes((UserType,
        [
            ("username", CelType.String), ("uid", CelType.String), ("groups", CelType.List(CelType.String)),
            ("extra", CelType.Map(CelType.String, CelType.List(CelType.String))),
        ])))
        .WithVariable("user", CelType.Struct(UserType));

    /// <summary>Null where a claim is taken as it is.</summary>
    public CelProgram? Username { get; init; }

    public CelProgram? Groups { get; init; }

    public CelProgram? Uid { get; init; }

    /// <summary>By key of the user's extra.</summary>
    public IReadOnlyList<(string Key, CelProgram Value)> Extra { get; init; } = [];

    public IReadOnlyList<(CelProgram Program, string Message)> ClaimRules { get; init; } = [];

    public IReadOnlyList<(CelProgram Program, string Message)> UserRules { get; init; } = [];

    /// <summary>What maps claims to a part of a user; of any type, which is looked at when it is there.</summary>
    public static (CelCompilation Compilation, string Fault) CompileMapping(string text) => Compile(OfClaims, text, isCondition: false);

    /// <summary>What must hold of claims.</summary>
    public static (CelCompilation Compilation, string Fault) CompileRule(string text) => Compile(OfClaims, text, isCondition: true);

    /// <summary>What must hold of a user.</summary>
    public static (CelCompilation Compilation, string Fault) CompileUserRule(string text) => Compile(OfUser, text, isCondition: true);

    /// <summary>The claims as expressions see them.</summary>
    public static CelVariables Variables(JsonElement claims) =>
        new(new Dictionary<string, CelValue> { ["claims"] = ClaimValues.Of(claims) });

    /// <summary>Why claims are refused; null if they are not.</summary>
    public string? RefuseClaims(CelVariables claims) => Refuse(ClaimRules, claims, "claim validation expression");

    /// <summary>Why a user is refused; null if he is not.</summary>
    public string? RefuseUser(UserInfo user)
    {
        if (UserRules.Count == 0)
        {
            return null;
        }

        var tree = JsonSerializer.SerializeToElement(new { username = user.Name, uid = user.Uid, groups = user.Groups, extra = user.Extra });
        return Refuse(UserRules, new CelVariables(new Dictionary<string, CelValue> { ["user"] = ClaimValues.Of(tree) }), "user info validation rule");
    }

    /// <summary>A text that an expression gives; null, and why, if it gives none.</summary>
    /// <param name="program">The expression.</param>
    /// <param name="claims">The claims.</param>
    /// <param name="what">What the text is of the user, for the message.</param>
    /// <param name="fault">Why there is none.</param>
    public static string? Text(CelProgram program, CelVariables claims, string what, out string? fault)
    {
        var result = program.Evaluate(claims);
        fault = result.Failed ? FaultOf(program, result) : result.Value.IsString ? null : $"{what} claim expression must return a string";
        return fault is null ? result.Value.AsString : null;
    }

    /// <summary>Texts that an expression gives: one, a list, or null for none; "" counts for nothing.</summary>
    public static IReadOnlyList<string> Texts(CelProgram program, CelVariables claims, out string? fault)
    {
        var result = program.Evaluate(claims);
        fault = result.Failed ? FaultOf(program, result) : null;
        if (fault is not null || result.Value.IsNull)
        {
            return [];
        }

        switch (ApiValues.ToTree(result.Value))
        {
            case string { Length: 0 }:
                return [];
            case string one:
                return [one];
            case IApiList list when Enumerable.Range(0, list.Count).All(i => list.ItemAt(i) is string):
                return Enumerable.Range(0, list.Count).Select(i => (string)list.ItemAt(i)!).Where(static t => t.Length > 0).ToArray();
            default:
                fault = "expression must return a string or a list of strings";
                return [];
        }
    }

    private static string? Refuse(IReadOnlyList<(CelProgram Program, string Message)> rules, CelVariables variables, string what)
    {
        // All are evaluated before any is judged: one that cannot be is told first.
        var results = new CelResult[rules.Count];
        for (var i = 0; i < rules.Count; i++)
        {
            results[i] = rules[i].Program.Evaluate(variables);
            if (results[i].Failed)
            {
                return $"oidc: error evaluating {what}: {FaultOf(rules[i].Program, results[i])}";
            }
        }

        for (var i = 0; i < rules.Count; i++)
        {
            if (!results[i].Value.IsBool || results[i].Value.IsFalse)
            {
                return $"oidc: error evaluating {what}: validation expression '{rules[i].Program.Source}' failed: {rules[i].Message}";
            }
        }

        return null;
    }

    private static string FaultOf(CelProgram program, CelResult result) => $"expression '{program.Source}' resulted in error: {result.Error}";

    private static (CelCompilation Compilation, string Fault) Compile(CelEnvironment environment, string text, bool isCondition)
    {
        var compilation = environment.Compile(text);
        return (compilation, !compilation.Succeeded ? compilation.Failure : isCondition && compilation.ResultType != CelType.Bool ? "must evaluate to bool" : "");
    }
}
