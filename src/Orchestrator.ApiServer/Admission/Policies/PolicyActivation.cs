using Orchestrator.Api;
using Orchestrator.Api.Admission.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Expressions;
using Orchestrator.ApiServer.Identity.Tokens;
using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Library;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>The variables of a policy's expressions for one request and one parameter object. Used by one request.</summary>
internal sealed class PolicyActivation : ICelActivation
{
    private const string BudgetExceeded = "validation failed due to running out of cost budget, no further validation rules will be run";

    private readonly AdmissionAttributes _attributes;
    private readonly ResourceInfo _matched;
    private readonly Namespace? _namespace;
    private readonly ApiObject? _params;
    private readonly PolicyAuthorizer? _authorizer;
    private readonly LazyVariables? _variables;
    private CelValue _request;
    private CelValue _object;
    private CelValue _oldObject;

    /// <param name="attributes">The request.</param>
    /// <param name="matched">The resource as the policy knows it; another version than the request's if it matches equivalents.</param>
    /// <param name="obj">The object in that version.</param>
    /// <param name="oldObject">The object before in that version.</param>
    /// <param name="ns">The namespace of the object; null for cluster-scoped ones.</param>
    /// <param name="parameters">The parameter object; null if there is none.</param>
    /// <param name="authorizer">Who answers questions about the user's rights; null where nobody may ask.</param>
    /// <param name="variables">The policy's variables.</param>
    public PolicyActivation(
        AdmissionAttributes attributes,
        ResourceInfo matched,
        ApiStruct? obj,
        ApiStruct? oldObject,
        Namespace? ns,
        ApiObject? parameters,
        PolicyAuthorizer? authorizer,
        IReadOnlyDictionary<string, PolicyExpression>? variables)
    {
        (_attributes, _matched, _namespace, _params, _authorizer) = (attributes, matched, ns, parameters, authorizer);
        _object = ValueOf(obj);
        _oldObject = ValueOf(oldObject);
        _variables = variables is { Count: > 0 } ? new LazyVariables(this, variables) : null;
    }

    /// <summary>The object that expressions see; mutations change it on their way.</summary>
    public void SetObject(ApiStruct? obj)
    {
        _object = ValueOf(obj);
        _variables?.Forget();
    }

    /// <summary>Runs an expression.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="budget">What may still be spent; less afterwards, and below 0 if it was too much.</param>
    public PolicyResult Evaluate(PolicyExpression expression, ref long budget)
    {
        if (expression.Program is not { } program)
        {
            return new(default, $"compilation error: {expression.Fault}");
        }

        if (budget < 0)
        {
            return new(default, BudgetExceeded, OutOfBudget: true);
        }

        _variables?.ForgetCost();
        var result = program.Evaluate(this);
        budget -= (long)(result.Cost + (_variables?.Cost ?? 0));
        if (budget < 0)
        {
            return new(default, BudgetExceeded, OutOfBudget: true);
        }

        return result.Failed ? new(default, $"expression '{expression.Text}' resulted in error: {result.Error}") : new(result.Value, "");
    }

    public bool TryGet(string name, out CelValue value)
    {
        switch (name)
        {
            case "object":
                value = _object;
                return true;
            case "oldObject":
                value = _oldObject;
                return true;
            case "request":
                value = _request.IsNull ? _request = MakeRequest() : _request;
                return true;
            case "params":
                value = _params is null ? CelValue.Null : new StructValue(_params);
                return true;
            case "namespaceObject":
                value = _namespace is null ? CelValue.Null : new StructValue(_namespace);
                return true;
            case "authorizer" when _authorizer is not null:
                value = CelAuthorizerCheck.Authorizer(_authorizer);
                return true;
            case "authorizer.requestResource" when _authorizer is not null:
                value = CelAuthorizerCheck.RequestResource(_authorizer, new CelAuthorizerQuery
                {
                    Group = _attributes.Resource.Group,
                    Resource = _attributes.Resource.Resource,
                    Subresource = _attributes.Subresource,
                    Namespace = _attributes.Namespace,
                    Name = _attributes.Name,
                });
                return true;
            case "variables" when _variables is not null:
                value = _variables;
                return true;
            default:
                value = default;
                return false;
        }
    }

    private CelValue ValueOf(ApiStruct? obj)
    {
        if (obj is null)
        {
            return CelValue.Null;
        }

        return RequestKinds.IsOwn(_matched, _attributes.Subresource) ? new StructValue(obj, _matched.ApiVersion, _matched.Kind) : new StructValue(obj);
    }

    private StructValue MakeRequest()
    {
        var kind = RequestKinds.Of(_matched, _attributes.Subresource);
        var requestKind = RequestKinds.Of(_attributes.Resource, _attributes.Subresource);
        return new(new AdmissionRequest
        {
            Kind = kind,
            Resource = new GroupVersionResource { Group = _matched.Group, Version = _matched.Version, Resource = _matched.Resource },
            SubResource = _attributes.Subresource,
            RequestKind = requestKind,
            RequestResource = new GroupVersionResource
            {
                Group = _attributes.Resource.Group,
                Version = _attributes.Resource.Version,
                Resource = _attributes.Resource.Resource,
            },
            RequestSubResource = _attributes.Subresource,
            Name = _attributes.Name,
            Namespace = _attributes.Namespace,
            Operation = _attributes.OperationName,
            UserInfo = TokenReviews.ToApi(_attributes.User),
            DryRun = _attributes.DryRun,
            Options = _attributes.Options,
        });
    }

    /// <summary>The value of <c>variables</c>: each is evaluated when it is used first, and once.</summary>
    private sealed class LazyVariables(PolicyActivation activation, IReadOnlyDictionary<string, PolicyExpression> variables) : CelMap
    {
        private readonly Dictionary<string, CelValue> _values = [];

        public ulong Cost { get; private set; }

        public override int Count => variables.Count;

        public override IEnumerable<CelValue> Keys => variables.Keys.Select(CelValue.String);

        public void Forget() => _values.Clear();

        public void ForgetCost() => Cost = 0;

        public override bool TryGet(in CelValue key, out CelValue value)
        {
            value = default;
            return key.IsString && TryGetField(key.AsString, out value);
        }

        public override bool TryGetField(string name, out CelValue value)
        {
            if (_values.TryGetValue(name, out value))
            {
                return true;
            }

            if (!variables.TryGetValue(name, out var expression))
            {
                return false;
            }

            if (expression.Program is not { } program)
            {
                value = CelValue.Error($"composited variable \"{name}\" fails to compile: {expression.Fault}");
            }
            else
            {
                var result = program.Evaluate(activation);
                Cost += result.Cost;
                value = result.Failed ? CelValue.Error($"composited variable \"{name}\" fails to evaluate: {result.Error}") : result.Value;
            }

            _values[name] = value;
            return true;
        }
    }
}
