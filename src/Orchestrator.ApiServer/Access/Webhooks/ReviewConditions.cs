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

    private readonly IReadOnlyList<CelProgram> _programs;

    /// <param name="programs">From <see cref="Compile"/>.</param>
    public ReviewConditions(IReadOnlyList<CelProgram> programs) => _programs = programs;

    /// <summary>A condition; null, and why, if the text is none.</summary>
    public static CelProgram? Compile(string text, out string fault)
    {
        var compilation = Environment.Compile(text);
        fault = !compilation.Succeeded ? compilation.Failure : compilation.ResultType == CelType.Bool ? "" : $"must evaluate to bool but got {compilation.ResultType}";
        return fault.Length == 0 ? compilation.Program : null;
    }

    /// <summary>Whether all conditions hold: false wins over what could not be evaluated, of which <paramref name="fault"/> tells.</summary>
    public bool Hold(SubjectAccessReviewSpec spec, out string fault)
    {
        fault = "";
        var faults = new List<string>();
        var variables = new CelVariables(new Dictionary<string, CelValue> { ["request"] = ApiValues.Of(Tree(spec)) });
        foreach (var program in _programs)
        {
            var result = program.Evaluate(variables);
            if (result.Failed)
            {
                faults.Add($"cel evaluation error: expression '{program.Source}' resulted in error: {result.Error}");
            }
            else if (result.Value.IsFalse)
            {
                return false;
            }
        }

        fault = faults.Count <= 1 ? string.Concat(faults) : "[" + string.Join(", ", faults.Distinct()) + "]";
        return faults.Count == 0;
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
            if (resource.FieldSelector is { } fields)
            {
                attributes["fieldSelector"] = fields;
            }

            if (resource.LabelSelector is { } labels)
            {
                attributes["labelSelector"] = labels;
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
