using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Core;

namespace Orchestrator.ApiServer.Strategies.Networking;

internal sealed class IngressStrategy : ObjectStrategy<Ingress>
{
    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (old is null && obj.Metadata.Annotations.ContainsKey(ClassAnnotation) && ((Ingress)obj).Spec.IngressClassName is null)
        {
            context.Warnings.Add($"annotation \"{ClassAnnotation}\" is deprecated, please use 'spec.ingressClassName' instead");
        }
    }

    protected override void Check(Ingress obj, FieldErrorList errors)
    {
        Rules(obj, errors);
        if (obj.Metadata.Annotations.TryGetValue(ClassAnnotation, out var annotation) && obj.Spec.IngressClassName is { } name && name != annotation)
        {
            errors.Invalid(FieldPath.Root("annotations").Child(ClassAnnotation), annotation, "must match `ingressClassName` when both are specified");
        }
    }

    protected override void CheckUpdate(Ingress obj, Ingress old, FieldErrorList errors) => Rules(obj, errors);

    private static void Rules(Ingress obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        if (spec.Rules.Count == 0 && spec.DefaultBackend is null)
        {
            errors.Invalid(path, spec.Slots[IngressSpec.Fields.Rules], "either `defaultBackend` or `rules` must be specified");
        }

        if (spec.DefaultBackend is { } backend)
        {
            Backend(backend, path.Child("defaultBackend"), errors);
        }

        for (var i = 0; i < spec.Rules.Count; i++)
        {
            Rule(spec.Rules[i], path.Child("rules").Index(i), errors);
        }

        for (var i = 0; i < spec.Tls.Count; i++)
        {
            var at = path.Child("tls").Index(i);
            for (var h = 0; h < spec.Tls[i].Hosts.Count; h++)
            {
                var host = spec.Tls[i].Hosts[h];
                errors.InvalidEach(at.Child("hosts").Index(h), host, host.Contains('*', StringComparison.Ordinal) ? Formats.WildcardDnsSubdomain(host) : Formats.DnsSubdomain(host));
            }

            if (spec.Tls[i].SecretName is { Length: > 0 } secret)
            {
                errors.InvalidEach(at, "secretName", secret, Formats.DnsSubdomain(secret));
            }
        }

        if (spec.IngressClassName is { } name)
        {
            errors.InvalidEach(path, "ingressClassName", name, Formats.DnsSubdomain(name));
        }
    }

    private static void Rule(IngressRule rule, FieldPath path, FieldErrorList errors)
    {
        if (rule.Host.Length > 0)
        {
            if (IpFormats.TryParse(rule.Host, out _, out _))
            {
                errors.Invalid(path, "host", rule.Host, "must be a DNS name, not an IP address");
            }

            errors.InvalidEach(path, "host", rule.Host, rule.Host.Contains('*', StringComparison.Ordinal) ? Formats.WildcardDnsSubdomain(rule.Host) : Formats.DnsSubdomain(rule.Host));
        }

        if (rule.Http is not { } http)
        {
            return;
        }

        var list = path.Child("http").Child("paths");
        if (http.Paths.Count == 0)
        {
            errors.Required(list);
        }

        for (var i = 0; i < http.Paths.Count; i++)
        {
            var entry = http.Paths[i];
            var at = list.Index(i);
            switch (entry.PathType)
            {
                case null:
                    errors.Missing(at, "pathType", "pathType must be specified");
                    continue;
                case "Exact" or "Prefix":
                    Path(entry.Path, at, errors);
                    break;
                case "ImplementationSpecific":
                    if (entry.Path.Length > 0 && !entry.Path.StartsWith('/'))
                    {
                        errors.Invalid(at, "path", entry.Path, "must be an absolute path");
                    }

                    break;
                default:
                    errors.NotSupportedInOrder(at.Child("pathType"), entry.PathType, "Exact", "ImplementationSpecific", "Prefix");
                    break;
            }

            Backend(entry.Backend, at.Child("backend"), errors);
        }
    }

    private static void Path(string path, FieldPath at, FieldErrorList errors)
    {
        if (!path.StartsWith('/'))
        {
            errors.Invalid(at, "path", path, "must be an absolute path");
        }

        if (path.Length == 0)
        {
            return;
        }

        foreach (var part in (ReadOnlySpan<string>)["//", "/./", "/../", "%2f", "%2F"])
        {
            if (path.Contains(part, StringComparison.Ordinal))
            {
                errors.Invalid(at, "path", path, $"must not contain '{part}'");
            }
        }

        foreach (var end in (ReadOnlySpan<string>)["/..", "/."])
        {
            if (path.EndsWith(end, StringComparison.Ordinal))
            {
                errors.Invalid(at, "path", path, $"cannot end with '{end}'");
            }
        }
    }

    private static void Backend(IngressBackend backend, FieldPath path, FieldErrorList errors)
    {
        if (backend.Service is null && backend.Resource is null)
        {
            errors.Invalid(path, "", "resource or service backend is required");
            return;
        }

        if (backend is { Service: not null, Resource: not null })
        {
            errors.Invalid(path, "", "cannot set both resource and service backends");
            return;
        }

        if (backend.Resource is { } resource)
        {
            Resource(resource, path.Child("resource"), errors);
            return;
        }

        var service = backend.Service!;
        if (service.Name.Length == 0)
        {
            errors.Missing(path.Child("service"), "name");
        }
        else
        {
            errors.InvalidEach(path.Child("service"), "name", service.Name, Formats.DnsLabel(service.Name));
        }

        var port = path.Child("service").Child("port");
        var (byName, byNumber) = (service.Port.Name.Length > 0, service.Port.Number != 0);
        if (byName && byNumber)
        {
            errors.Invalid(path, "", "cannot set both port name & port number");
        }
        else if (byName)
        {
            errors.InvalidEach(port, "name", service.Port.Name, Formats.PortName(service.Port.Name));
        }
        else if (byNumber)
        {
            errors.InvalidEach(port, "number", service.Port.Number, Formats.PortNumber(service.Port.Number));
        }
        else
        {
            errors.Required(path, "port name or number is required");
        }
    }

    private static void Resource(TypedLocalObjectReference resource, FieldPath path, FieldErrorList errors)
    {
        if (resource.ApiGroup is { } group)
        {
            errors.InvalidEach(path, "apiGroup", group, Formats.DnsSubdomain(group));
        }

        Segment(resource.Kind, "kind");
        Segment(resource.Name, "name");

        void Segment(string value, string field)
        {
            if (value.Length == 0)
            {
                errors.Missing(path, field);
            }
            else
            {
                errors.InvalidEach(path, field, value, Formats.PathSegment(value));
            }
        }
    }
}
