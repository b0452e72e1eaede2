using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>Questions of expressions whether somebody may do something.</summary>
internal static class AuthorizerLibrary
{
    public static CelType AuthorizerType { get; } = T.Struct("kubernetes.authorization.Authorizer");

    public static CelType PathCheckType { get; } = T.Struct("kubernetes.authorization.PathCheck");

    public static CelType GroupCheckType { get; } = T.Struct("kubernetes.authorization.GroupCheck");

    public static CelType ResourceCheckType { get; } = T.Struct("kubernetes.authorization.ResourceCheck");

    public static CelType DecisionType { get; } = T.Struct("kubernetes.authorization.Decision");

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function(
            "path",
            Member(
                "authorizer_path",
                [AuthorizerType, T.String],
                PathCheckType,
                a => a[1].AsString.Length == 0 ? CelValue.Error("path must not be empty") : Check(a[0]).With(PathCheckType, c => c with { Path = a[1].AsString }))),
        Function(
            "group",
            Member("authorizer_group", [AuthorizerType, T.String], GroupCheckType, a => Check(a[0]).With(GroupCheckType, c => c with { Group = a[1].AsString }))),
        Function("serviceAccount", Member("authorizer_serviceaccount", [AuthorizerType, T.String, T.String], AuthorizerType, ServiceAccount)),
        Function(
            "resource",
            Member(
                "groupcheck_resource",
                [GroupCheckType, T.String],
                ResourceCheckType,
                a => a[1].AsString.Length == 0 ? CelValue.Error("resource must not be empty") : Check(a[0]).With(ResourceCheckType, c => c with { Resource = a[1].AsString }))),
        Narrowing("subresource", "subresource", (c, v) => c with { Subresource = v }),
        Narrowing("namespace", "namespace", (c, v) => c with { Namespace = v }),
        Narrowing("name", "name", (c, v) => c with { Name = v }),
        Narrowing("fieldSelector", "fieldselector", (c, v) => c with { FieldSelector = v }),
        Narrowing("labelSelector", "labelselector", (c, v) => c with { LabelSelector = v }),
        Function(
            "check",
            Member("pathcheck_check", [PathCheckType, T.String], DecisionType, Ask),
            Member("resourcecheck_check", [ResourceCheckType, T.String], DecisionType, Ask)),
        Function("errored", Member("decision_errored", [DecisionType], T.Bool, a => Answer(a[0]).Error.Length > 0)),
        Function("error", Member("decision_error", [DecisionType], T.String, a => Answer(a[0]).Error)),
        Function("allowed", Member("decision_allowed", [DecisionType], T.Bool, a => Answer(a[0]).Allowed)),
        Function("reason", Member("decision_reason", [DecisionType], T.String, a => Answer(a[0]).Reason)),
    ];

    private static CelFunction Narrowing(string name, string id, Func<CelAuthorizerQuery, string, CelAuthorizerQuery> change) =>
        Function(name, Member($"resourcecheck_{id}", [ResourceCheckType, T.String], ResourceCheckType, a => Check(a[0]).With(ResourceCheckType, c => change(c, a[1].AsString))));

    private static CelAuthorizerCheck Check(in CelValue value) => (CelAuthorizerCheck)value.Reference!;

    private static CelAuthorizerDecision Answer(in CelValue value) => ((Decision)value.Reference!).Answer;

    private static CelValue Ask(CelValue[] a) => new Decision(Check(a[0]).Ask(a[1].AsString));

    private static CelValue ServiceAccount(CelValue[] a)
    {
        var (ns, name) = (a[1].AsString, a[2].AsString);
        if (!System.Text.RegularExpressions.Regex.IsMatch(name, @"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", System.Text.RegularExpressions.RegexOptions.NonBacktracking))
        {
            return CelValue.Error("Invalid service account name");
        }

        return System.Text.RegularExpressions.Regex.IsMatch(ns, @"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", System.Text.RegularExpressions.RegexOptions.NonBacktracking)
            ? Check(a[0]).ForServiceAccount(ns, name)
            : CelValue.Error("Invalid service account namespace");
    }

    private sealed class Decision(CelAuthorizerDecision answer) : CelOpaque(DecisionType)
    {
        public CelAuthorizerDecision Answer => answer;

        public override bool ValueEquals(CelReference other) => ReferenceEquals(this, other);

        public override int ValueHash() => answer.GetHashCode();
    }
}
