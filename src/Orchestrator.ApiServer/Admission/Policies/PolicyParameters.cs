using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Client;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Finds the objects that bindings give to policies as parameters.</summary>
internal sealed class PolicyParameters(IStore store, ObjectCodec codec, ResourceRegistry registry, IObjectConverter converter)
{
    /// <summary>Whether objects of a kind can be parameters.</summary>
    public bool IsKnown(ParamKind kind) => registry.FindKind(kind.ApiVersion, kind.Kind) is not null;

    /// <summary>The parameter objects of a binding, of which each is judged by alone; one null for policies or bindings without any.</summary>
    /// <param name="kind">What the policy takes.</param>
    /// <param name="reference">What the binding names.</param>
    /// <param name="ns">The namespace of the request's object; "" for cluster-scoped ones.</param>
    /// <param name="cancellationToken">Ends the conversion of custom resources.</param>
    /// <returns>The objects, or why there are none.</returns>
    public async ValueTask<(IReadOnlyList<ApiObject?> Found, string Fault)> FindAsync(ParamKind? kind, ParamRef? reference, string ns, CancellationToken cancellationToken)
    {
        if (kind is null || reference is null)
        {
            return ([null], "");
        }

        if (registry.FindKind(kind.ApiVersion, kind.Kind) is not { } resource)
        {
            return ([], $"paramKind kind `{kind.ApiVersion}, Kind={kind.Kind}` not known");
        }

        if (resource.Info.Namespaced)
        {
            ns = reference.Namespace.Length > 0 ? reference.Namespace : ns;
            if (ns.Length == 0)
            {
                return ([], "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
            }
        }
        else if (reference.Namespace.Length > 0)
        {
            return ([], "paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
        }

        var found = new List<ApiObject?>();
        var snapshot = store.Snapshot(resource.Collection);
        if (reference.Name.Length > 0)
        {
            if (snapshot.Find(resource.KeyOf(ns, reference.Name)) is { } value)
            {
                found.Add(await converter.ToServedAsync(resource, codec.Read(value), cancellationToken));
            }
        }
        else if (reference.Selector is { } selector)
        {
            var matcher = LabelMatcher.From(selector);
            foreach (var value in snapshot.Range(resource.Info.Namespaced ? ns + "/" : null))
            {
                var candidate = codec.Read(value);
                if (matcher.Matches(candidate.Metadata.Labels))
                {
                    found.Add(await converter.ToServedAsync(resource, candidate, cancellationToken));
                }
            }
        }
        else
        {
            return ([], "one of name or selector must be provided");
        }

        return found.Count == 0 && reference.ParameterNotFoundAction == "Deny"
            ? ([], "no params found for policy binding with `Deny` parameterNotFoundAction")
            : (found, "");
    }
}
