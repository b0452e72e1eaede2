using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Batch;

namespace Orchestrator.ApiServer.Strategies.Networking;

internal sealed class IngressClassStrategy : ObjectStrategy<IngressClass>
{
    private const int ControllerMax = 250;

    protected override void Check(IngressClass obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        if (spec.Controller.Length > ControllerMax)
        {
            errors.TooLong(path.Child("controller"), ControllerMax);
        }

        JobValidator.DomainPath(spec.Controller, path, "controller", errors);
        if (spec.Parameters is not { } parameters)
        {
            return;
        }

        var at = path.Child("parameters");
        if (parameters.ApiGroup is { } group)
        {
            errors.InvalidEach(at, "apiGroup", group, Formats.DnsSubdomain(group));
        }

        if (parameters.Kind.Length == 0)
        {
            errors.Missing(at, "kind");
        }
        else
        {
            errors.InvalidEach(at, "kind", parameters.Kind, Formats.PathSegment(parameters.Kind));
        }

        if (parameters.Name.Length == 0)
        {
            errors.Missing(at, "name");
        }
        else
        {
            errors.InvalidEach(at, "name", parameters.Name, Formats.PathSegment(parameters.Name));
        }

        if (parameters.Scope is not { } scope)
        {
            errors.Missing(at, "scope");
            return;
        }

        errors.OneOf(at, "scope", scope, "Cluster", "Namespace");
        if (scope == "Namespace" && parameters.Namespace is null)
        {
            errors.Missing(at, "namespace", "`parameters.scope` is set to 'Namespace'");
        }
        else if (scope == "Namespace")
        {
            errors.InvalidEach(at, "namespace", parameters.Namespace, Formats.DnsLabel(parameters.Namespace!));
        }
        else if (scope == "Cluster" && parameters.Namespace is not null)
        {
            errors.Forbidden(at, "namespace", "`parameters.scope` is set to 'Cluster'");
        }
    }

    protected override void CheckUpdate(IngressClass obj, IngressClass old, FieldErrorList errors)
    {
        errors.Immutable(FieldPath.Spec, "controller", obj.Spec.Controller, old.Spec.Controller);
        Check(obj, errors);
    }
}
