using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Cel;
using Orchestrator.Cel.Library;
using Orchestrator.Cel.Types;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Compiles the expressions of one policy or webhook: what they may speak of grows with each variable.</summary>
/// <param name="hasParams">The policy takes parameters.</param>
/// <param name="mutates">Expressions may make objects and patches.</param>
internal sealed class PolicyCompiler(bool hasParams, bool mutates = false)
{
    private static readonly CelEnvironment Base = AdmissionTypes.Declare(CelEnvironment.Kubernetes, CelType.Dyn, authorizer: false);
    private static readonly CelEnvironment Authorized = AdmissionTypes.Declare(CelEnvironment.Kubernetes, CelType.Dyn, authorizer: true);

    private readonly Dictionary<string, CelType> _variables = [];
    private CelEnvironment _authorized = With(Authorized, hasParams, mutates);
    private CelEnvironment _plain = With(Base, hasParams, mutates);

    /// <summary>An expression whose value decides.</summary>
    public PolicyExpression Condition(string text) => Compile(_authorized, text, CelType.Bool);

    /// <summary>An expression that makes a message; it may not ask the authorizer.</summary>
    public PolicyExpression Message(string text) => Compile(_plain, text, CelType.String);

    public PolicyExpression Annotation(string text) => Compile(_authorized, text, CelType.String, CelType.Null);

    /// <summary>An expression that makes an object to merge.</summary>
    public PolicyExpression Configuration(string text) => Compile(_authorized, text, MutationTypes.ObjectType);

    /// <summary>An expression that makes operations of a JSON patch.</summary>
    public PolicyExpression Operations(string text) => Compile(_authorized, text, MutationTypes.OperationsType);

    /// <summary>A variable, which the expressions that follow may use.</summary>
    public PolicyExpression Variable(Variable variable)
    {
        if (_variables.Count == 0)
        {
            Declare();
        }

        var expression = Compile(_authorized, variable.Expression);
        _variables[variable.Name] = expression.Program is null ? CelType.Dyn : expression.Type;
        Declare();
        return expression;
    }

    private static CelEnvironment With(CelEnvironment environment, bool hasParams, bool mutates)
    {
        environment = hasParams ? environment.WithVariable("params", CelType.Dyn) : environment;
        return mutates ? environment.WithTypes(MutationTypes.Instance).WithPatchKeys() : environment;
    }

    private static PolicyExpression Compile(CelEnvironment environment, string text, params ReadOnlySpan<CelType> allowed)
    {
        var compilation = environment.Compile(text);
        if (!compilation.Succeeded)
        {
            return new(text, null, compilation.Failure, CelType.Error);
        }

        if (allowed.Length == 0 || allowed.Contains(compilation.ResultType))
        {
            return new(text, compilation.Program, "", compilation.ResultType);
        }

        var expected = allowed.Length == 1 ? allowed[0].ToString() : $"one of [{string.Join(' ', allowed.ToArray().Select(a => a.ToString()))}]";
        return new(text, null, $"must evaluate to {expected} but got {compilation.ResultType}", compilation.ResultType);
    }

    private void Declare()
    {
        _authorized = AdmissionTypes.DeclareVariables(With(Authorized, hasParams, mutates), _variables);
        _plain = AdmissionTypes.DeclareVariables(With(Base, hasParams, mutates), _variables);
    }
}
