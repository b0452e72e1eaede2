using Orchestrator.Api;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Admission of one attempt to write: mutating plugins before the rules, validating plugins after.</summary>
internal readonly struct AdmissionRun
{
    private readonly AdmissionChain _chain;
    private readonly RequestScope _scope;
    private readonly AdmissionAttributes? _attributes;
    private readonly Func<ApiObject, ApiObject>? _view;
    private readonly int _warningsBefore;

    private AdmissionRun(AdmissionChain chain, RequestScope scope, AdmissionAttributes? attributes, Func<ApiObject, ApiObject>? view) =>
        (_chain, _scope, _attributes, _view, _warningsBefore) = (chain, scope, attributes, view, scope.Warnings.Count);

    /// <summary>Starts a run; costs nothing when no plugin cares.</summary>
    /// <param name="chain">The plugins.</param>
    /// <param name="scope">The request.</param>
    /// <param name="operation">What is done.</param>
    /// <param name="obj">The object; belongs to the request.</param>
    /// <param name="old">What admission is shown as the object before.</param>
    /// <param name="view">What it is shown of the object when that is to be stored; null for the object itself.</param>
    public static AdmissionRun Begin(
        AdmissionChain chain, RequestScope scope, AdmissionOperation operation, ApiStruct? obj, ApiStruct? old, Func<ApiObject, ApiObject>? view = null)
    {
        var info = scope.Resource.Info;
        if (!chain.Mutates(operation, info, scope.Subresource) && !chain.Validates(operation, info, scope.Subresource))
        {
            return new(chain, scope, null, null);
        }

        // Of a collection's objects admission is told what the request says, which is no name.
        var asked = scope.Collection ?? scope;
        return new(chain, scope, new AdmissionAttributes
        {
            Operation = operation,
            Verb = scope.Verb,
            Resource = info,
            Subresource = scope.Subresource,
            Namespace = info is { Group: "", Resource: "namespaces" } ? (asked.Name.Length > 0 ? asked.Name : (obj as ApiObject)?.Metadata.Name ?? "") : asked.Namespace,
            Name = asked.Name.Length > 0 ? asked.Name : (obj as ApiObject)?.Metadata.Name ?? "",
            Object = obj,
            OldObject = old,
            User = scope.User,
            DryRun = scope.DryRun,
            Warnings = scope.Warnings,
            Audit = scope.Audit,
            RequestOptions = scope,
        }, view);
    }

    public ValueTask MutateAsync(CancellationToken cancellationToken) => _attributes is null ? default : _chain.MutateAsync(_attributes, cancellationToken);

    /// <summary>Judges the object as it would be stored.</summary>
    public ValueTask ValidateAsync(ApiStruct? obj, CancellationToken cancellationToken)
    {
        if (_attributes is null)
        {
            return default;
        }

        // A generated name is known by now.
        if (_attributes.Name.Length == 0 && _scope.Collection is null)
        {
            _attributes.Name = (obj as ApiObject)?.Metadata.Name ?? "";
        }

        _attributes.Object = _view is not null && obj is ApiObject stored ? _view(stored) : obj;
        return _chain.ValidateAsync(_attributes, cancellationToken);
    }

    /// <summary>Forgets the warnings of an attempt that is repeated.</summary>
    public void ForgetWarnings() => _scope.Warnings.RemoveRange(_warningsBefore, _scope.Warnings.Count - _warningsBefore);
}
