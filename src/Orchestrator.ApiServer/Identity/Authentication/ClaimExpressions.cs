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

    private static readonly CelEnvironment OfClaims = CelEnvironment.Kubernetes.WithVariable("claims", CelType.Map(CelType.String, CelType.Dyn));

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

    /// <exception cref="FormatException">It does not compile, or gives something else.</exception>
    public static CelProgram CompileClaim(string path, string text, params CelType[] allowed) => Compile(OfClaims, path, text, allowed);

    /// <inheritdoc cref="CompileClaim"/>
    public static CelProgram CompileUser(string path, string text) => Compile(OfUser, path, text, [CelType.Bool]);

    /// <summary>The claims as expressions see them.</summary>
    public static CelVariables Variables(JsonElement claims) =>
        new(new Dictionary<string, CelValue> { ["claims"] = ApiValues.Of(ApiJson.ReadValue(JsonSerializer.SerializeToUtf8Bytes(claims))) });

    /// <summary>Why claims are refused; null if they are not.</summary>
    public string? RefuseClaims(CelVariables claims) => Refuse(ClaimRules, claims, "claim");

    /// <summary>Why a user is refused; null if he is not.</summary>
    public string? RefuseUser(UserInfo user)
    {
        if (UserRules.Count == 0)
        {
            return null;
        }

        var tree = ApiMap<object?>.From(new Dictionary<string, object?>
        {
            ["username"] = user.Name,
            ["uid"] = user.Uid,
            ["groups"] = user.Groups.ToApiList(),
            ["extra"] = ApiMap<object?>.From(user.Extra.Select(static e => KeyValuePair.Create(e.Key, (object?)e.Value.ToApiList()))),
        });
        return Refuse(UserRules, new CelVariables(new Dictionary<string, CelValue> { ["user"] = ApiValues.Of(tree) }), "user");
    }

    /// <summary>A text that an expression gives.</summary>
    public static string? Text(CelProgram program, CelVariables claims, out string? fault)
    {
        var result = program.Evaluate(claims);
        fault = result.Failed ? result.Error?.ToString() : result.Value.IsString ? null : "the value is no string";
        return fault is null ? result.Value.AsString : null;
    }

    /// <summary>Texts that an expression gives: one, a list, or null for none; "" counts for nothing.</summary>
    public static IReadOnlyList<string> Texts(CelProgram program, CelVariables claims, out string? fault)
    {
        var result = program.Evaluate(claims);
        fault = result.Failed ? result.Error?.ToString() : null;
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
            case IApiList list:
                var texts = new List<string>(list.Count);
                for (var i = 0; i < list.Count; i++)
                {
                    if (list.ItemAt(i) is not string text)
                    {
                        fault = "an item of the list is no string";
                        return [];
                    }

                    if (text.Length > 0)
                    {
                        texts.Add(text);
                    }
                }

                return texts;
            default:
                fault = "the value is neither a string nor a list";
                return [];
        }
    }

    private static string? Refuse(IReadOnlyList<(CelProgram Program, string Message)> rules, CelVariables variables, string what)
    {
        foreach (var (program, message) in rules)
        {
            var result = program.Evaluate(variables);
            if (result.Failed)
            {
                return $"oidc: error evaluating {what} validation expression: {result.Error}";
            }

            if (!result.Value.IsBool || result.Value.IsFalse)
            {
                return $"oidc: error evaluating {what} validation expression: validation expression '{program.Source}' failed: {message}";
            }
        }

        return null;
    }

    private static CelProgram Compile(CelEnvironment environment, string path, string text, CelType[] allowed)
    {
        var compilation = environment.Compile(text);
        if (!compilation.Succeeded)
        {
            throw new FormatException($"{path}: Invalid value: {GoText.Quote(text)}: {compilation.Failure}");
        }

        return allowed.Contains(compilation.ResultType) || compilation.ResultType == CelType.Dyn
            ? compilation.Program!
            : throw new FormatException(
                $"{path}: Invalid value: {GoText.Quote(text)}: must evaluate to {(allowed.Length == 1 ? allowed[0].ToString() : $"one of [{string.Join(' ', allowed.Select(static a => a.ToString()))}]")}");
    }
}
