using Orchestrator.Api;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Identity.Tokens;

/// <summary>The subresource serviceaccounts/token: makes a token on request.</summary>
public sealed class TokenRequests
{
    private const long SecondsMin = 10 * 60;
    private const long SecondsMax = 1L << 32;
    private const long SecondsDefault = 60 * 60;

    private readonly ServiceAccountTokenIssuer _issuer;
    private readonly IObjectLister _objects;
    private readonly ServiceAccountTokenOptions _options;
    private readonly TimeProvider _time;

    internal TokenRequests(ServiceAccountTokenIssuer issuer, IObjectLister objects, ServiceAccountTokenOptions options, TimeProvider time) =>
        (_issuer, _objects, _options, _time) = (issuer, objects, options, time);

    /// <summary>Fills in what the request leaves open. Called before admission.</summary>
    public static TokenRequest Default(TokenRequest request) =>
        request.Spec.ExpirationSeconds is null ? request with { Spec = request.Spec with { ExpirationSeconds = SecondsDefault } } : request;

    /// <summary>Answers a request. The token is not stored anywhere.</summary>
    /// <param name="ns">The namespace of the path.</param>
    /// <param name="name">The account of the path.</param>
    /// <param name="request">The body.</param>
    /// <exception cref="ApiException">The request is invalid, or what it names is not there.</exception>
    public TokenRequest Create(string ns, string name, TokenRequest request)
    {
        request = Default(request);
        var account = _objects.Get<ServiceAccount>(ns, name) ?? throw Errors.NotFound("", "serviceaccounts", name);
        var errors = new FieldErrorList();
        if (request.Metadata.Name.Length > 0 && request.Metadata.Name != name)
        {
            errors.Invalid(FieldPath.Metadata.Child("name"), request.Metadata.Name, "must match the service account name if specified");
            throw Errors.Invalid("authentication.k8s.io", "TokenRequest", name, errors)!;
        }

        if (request.Metadata.Namespace.Length > 0 && request.Metadata.Namespace != ns)
        {
            errors.Invalid(FieldPath.Metadata.Child("namespace"), request.Metadata.Namespace, "must match the service account namespace if specified");
            throw Errors.Invalid("authentication.k8s.io", "TokenRequest", name, errors)!;
        }

        var seconds = request.Spec.ExpirationSeconds!.Value;
        if (seconds < SecondsMin)
        {
            errors.Invalid(FieldPath.Spec.Child("expirationSeconds"), seconds, "may not specify a duration less than 10 minutes");
        }
        else if (seconds > SecondsMax)
        {
            errors.Invalid(FieldPath.Spec.Child("expirationSeconds"), seconds, "may not specify a duration larger than 2^32 seconds");
        }

        if (Errors.Invalid("authentication.k8s.io", "TokenRequest", "", errors) is { } invalid)
        {
            throw invalid;
        }

        var audiences = request.Spec.Audiences.Count > 0 ? request.Spec.Audiences : _options.Audiences.ToApiList();
        (string, string)? node = null;
        var bound = request.Spec.BoundObjectRef is { } reference ? FindBound(account, reference, out node) : null;
        var token = _issuer.Issue(account, bound, node, audiences, seconds);
        return request with
        {
            Kind = "TokenRequest",
            ApiVersion = "authentication.k8s.io/v1",
            Metadata = new ObjectMeta
            {
                Name = name,
                Namespace = ns,
                Uid = account.Metadata.Uid,
                CreationTimestamp = _time.NowSeconds(),
                ManagedFields = request.Metadata.ManagedFields,
            },
            Spec = request.Spec with { Audiences = audiences },
            Status = new TokenRequestStatus { Token = token, ExpirationTimestamp = ApiTime.Truncate(_time.GetUtcNow()).AddSeconds(seconds) },
        };
    }

    private ApiObject FindBound(ServiceAccount account, BoundObjectReference reference, out (string, string)? node)
    {
        node = null;
        var ns = account.Metadata.Namespace;
        var slash = reference.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var (group, version) = slash < 0 ? ("", reference.ApiVersion) : (reference.ApiVersion[..slash], reference.ApiVersion[(slash + 1)..]);
        ApiObject? bound;
        string resource;
        switch (group, reference.Kind)
        {
            case ("", "Pod"):
                resource = "pods";
                var pod = Named(reference) ? _objects.Get<Pod>(ns, reference.Name) : null;
                bound = pod;
                if (pod is not null && pod.Spec.ServiceAccountName != account.Metadata.Name)
                {
                    throw Errors.BadRequest($"cannot bind token for serviceaccount \"{account.Metadata.Name}\" to pod running with different serviceaccount name.");
                }

                if (pod?.Spec.NodeName is { Length: > 0 } nodeName)
                {
                    node = (nodeName, _objects.Get<Node>("", nodeName)?.Metadata.Uid ?? "");
                }

                break;
            case ("", "Secret"):
                resource = "secrets";
                bound = Named(reference) ? _objects.Get<Secret>(ns, reference.Name) : null;
                break;
            case ("", "Node"):
                resource = "nodes";
                bound = Named(reference) ? _objects.Get<Node>("", reference.Name) : null;
                break;
            default:
                throw Errors.BadRequest($"cannot bind token to object of type {group}/{version}, Kind={reference.Kind}");
        }

        if (bound is null)
        {
            throw Errors.NotFound("", resource, reference.Name);
        }

        if (reference.Uid.Length > 0 && reference.Uid != bound.Metadata.Uid)
        {
            throw Errors.Conflict(
                group, reference.Kind, reference.Name,
                $"the UID in the bound object reference ({reference.Uid}) does not match the UID in record. The object might have been deleted and then recreated");
        }

        return bound;
    }

    private static bool Named(BoundObjectReference reference) =>
        reference.Name.Length > 0 ? true : throw Errors.BadRequest("Name parameter required.");
}
