using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Admission;

/// <summary>The namespaceSelector and objectSelector of a webhook, a policy or a binding, ready to be matched.</summary>
internal sealed class RequestSelectors(LabelSelector? namespaces, LabelSelector? objects)
{
    private readonly LabelMatcher _namespaces = namespaces is null ? LabelMatcher.Everything : LabelMatcher.From(namespaces);
    private readonly LabelMatcher _objects = objects is null ? LabelMatcher.Everything : LabelMatcher.From(objects);

    /// <summary>Whether a request is of a selected namespace and about a selected object.</summary>
    /// <param name="attributes">The request.</param>
    /// <param name="labelsOfNamespace">The labels of a namespace; null if there is none such.</param>
    public bool Match(AdmissionAttributes attributes, Func<string, ApiMap<string>?> labelsOfNamespace) =>
        MatchesNamespace(attributes, labelsOfNamespace) && MatchesObject(attributes);

    private bool MatchesNamespace(AdmissionAttributes attributes, Func<string, ApiMap<string>?> labelsOfNamespace)
    {
        if (_namespaces.IsEverything)
        {
            return true;
        }

        // A namespace is judged by its own labels, and on create by those that it shall have.
        if (attributes.Is("", "namespaces"))
        {
            var ns = (attributes.Object ?? attributes.OldObject) as ApiObject;
            return _namespaces.Matches(ns?.Metadata.Labels ?? ApiMap<string>.Empty);
        }

        return attributes.Namespace.Length == 0 || _namespaces.Matches(labelsOfNamespace(attributes.Namespace) ?? ApiMap<string>.Empty);
    }

    private bool MatchesObject(AdmissionAttributes attributes) =>
        _objects.IsEverything
        || (attributes.Object is ApiObject obj && _objects.Matches(obj.Metadata.Labels))
        || (attributes.OldObject is ApiObject old && _objects.Matches(old.Metadata.Labels));
}
