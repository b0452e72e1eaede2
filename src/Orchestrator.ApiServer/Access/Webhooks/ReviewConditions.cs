using Orchestrator.Api;
using Orchestrator.Api.Authorization.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Expressions;
using Orchestrator.Cel;
using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Access.Webhooks;

/// <summary>Conditions under which an authorization webhook is asked, over the SubjectAccessReview that it would get. Immutable.</summary>
internal sealed class ReviewConditions
{
    private const string Prefix = "kubernetes.";

    private static readonly CelType Texts = CelType.List(CelType.String);

    private static readonly CelEnvironment Environment = CelEnvironment.Kubernetes
        .WithTypes(new FieldTypes(
            (Prefix + "SubjectAccessReviewSpec",
            [
                ("resourceAttributes", Struct("ResourceAttributes")), ("nonResourceAttributes", Struct("NonResourceAttributes")), ("user", CelType.String), ("groups", Texts),
                ("extra", CelType.Map(CelType.String, Texts)), ("uid", CelType.String),
            ]),
            (Prefix + "ResourceAttributes",
            [
                ("namespace", CelType.String), ("verb", CelType.String), ("group", CelType.String), ("version", CelType.String), ("resource", CelType.String),
                ("subresource", CelType.String), ("name", CelType.String), ("fieldSelector", Struct("FieldSelectorAttributes")), ("labelSelector", Struct("LabelSelectorAttributes")),
            ]),
            (Prefix + "NonResourceAttributes", [("path", CelType.String), ("verb", CelType.String)]),
            (Prefix + "FieldSelectorAttributes", [("rawSelector", CelType.String), ("requirements", CelType.List(Struct("SelectorRequirement")))]),
            (Prefix + "LabelSelectorAttributes", [("rawSelector", CelType.String), ("requirements", CelType.List(Struct("SelectorRequirement")))]),
            (Prefix + "SelectorRequirement", [("key", CelType.String), ("operator", CelType.String), ("values", Texts)])))
        .WithVariable("request", Struct("SubjectAccessReviewSpec"));

    private readonly CelProgram[] _programs;

    private ReviewConditions(CelProgram[] programs) => _programs = programs;

    /// <exception cref="FormatException">An expression is wrong; the message tells where.</exception>
    public static ReviewConditions Compile(IEnumerable<(string Path, string Text)> conditions)
    {
        var programs = new List<CelProgram>();
        foreach (var (path, text) in conditions)
        {
            var compilation = Environment.Compile(text);
            programs.Add(!compilation.Succeeded ? throw new FormatException($"{path}: Invalid value: {GoText.Quote(text)}: {compilation.Failure}")
                : compilation.ResultType == CelType.Bool ? compilation.Program!
                : throw new FormatException($"{path}: Invalid value: {GoText.Quote(text)}: must evaluate to bool"));
        }

        return new(programs.ToArray());
    }

    /// <summary>Whether all conditions hold: false wins over what could not be evaluated, of which <paramref name="fault"/> tells.</summary>
    public bool Hold(SubjectAccessReviewSpec spec, out string fault)
    {
        fault = "";
        var variables = new CelVariables(new Dictionary<string, CelValue> { ["request"] = ApiValues.Of(Tree(spec)) });
        foreach (var program in _programs)
        {
            var result = program.Evaluate(variables);
            if (result.Failed)
            {
                fault = $"cel evaluation error: expression '{program.Source}' resulted in error: {result.Error}";
            }
            else if (result.Value.IsFalse)
            {
                fault = "";
                return false;
            }
        }

        return fault.Length == 0;
    }

    private static CelType Struct(string name) => CelType.Struct(Prefix + name);

    /// <summary>Texts are there even when they are empty, so that conditions need not ask for them first.</summary>
    private static ApiMap<object?> Tree(SubjectAccessReviewSpec spec)
    {
        var tree = new Dictionary<string, object?> { ["user"] = spec.User, ["groups"] = spec.Groups, ["uid"] = spec.Uid, ["extra"] = spec.Extra };
        if (spec.ResourceAttributes is { } resource)
        {
            var attributes = new Dictionary<string, object?>
            {
                ["namespace"] = resource.Namespace,
                ["verb"] = resource.Verb,
                ["group"] = resource.Group,
                ["version"] = resource.Version,
                ["resource"] = resource.Resource,
                ["subresource"] = resource.Subresource,
                ["name"] = resource.Name,
            };
            if (resource.FieldSelector is { } selector)
            {
                attributes["fieldSelector"] = selector;
            }

            tree["resourceAttributes"] = ApiMap<object?>.From(attributes);
        }

        if (spec.NonResourceAttributes is { } path)
        {
            tree["nonResourceAttributes"] = ApiMap<object?>.From(new Dictionary<string, object?> { ["path"] = path.Path, ["verb"] = path.Verb });
        }

        return ApiMap<object?>.From(tree);
    }
}
