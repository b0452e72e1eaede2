using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Access;

/// <summary>
/// Lets a user act as somebody else when he may: the headers Impersonate-User, -Uid, -Group and -Extra-…. The constrained modes are tried first, in
/// which a right covers certain requests only; then the old one, in which it covers all that the other user may do.
/// </summary>
public sealed class Impersonation(AuthorizerChain authorizers)
{
    private const string UserHeader = "Impersonate-User";
    private const string UidHeader = "Impersonate-Uid";
    private const string GroupHeader = "Impersonate-Group";
    private const string ExtraPrefix = "Impersonate-Extra-";
    private const string HeaderPrefix = "Impersonate-";
    private const string AuthenticationGroup = "authentication.k8s.io";
    private const string AssociatedNodeKeys = "authentication.kubernetes.io/associated-node-keys";

    /// <summary>So many values are first asked about all at once in constrained modes.</summary>
    private const int ManyValues = 4;

    /// <summary>So many askers' modes are remembered; beyond, all are forgotten.</summary>
    private const int RememberedMax = 10_000;

    // The mode by which somebody was allowed to be another before is the first that is tried again.
    private readonly ConcurrentDictionary<string, string> _lastModes = new(StringComparer.Ordinal);

    /// <summary>Who the request acts as: the asker himself if no header asks for another.</summary>
    /// <param name="request">What is asked for, by whom.</param>
    /// <param name="headers">The request's headers; those that are done with are removed.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <returns>The user, and the verb that allowed a constrained impersonation ("" otherwise).</returns>
    /// <exception cref="ApiException">400: headers without a user name; 403: he may not act as that user, or be in that group.</exception>
    public ValueTask<(UserInfo User, string Constraint)> ResolveAsync(in AccessAttributes request, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        foreach (var header in headers)
        {
            if (header.Key.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase))
            {
                return ImpersonateAsync(request, headers, cancellationToken);
            }
        }

        return new((request.User, ""));
    }

    private async ValueTask<(UserInfo User, string Constraint)> ImpersonateAsync(AccessAttributes request, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        var wanted = new UserInfo
        {
            Name = headers[UserHeader].FirstOrDefault() ?? "",
            Uid = headers[UidHeader].FirstOrDefault() ?? "",
            Groups = headers[GroupHeader].Select(static g => g ?? "").ToArray(),
            Extra = ReadExtra(headers),
        };
        if (wanted.Name.Length == 0)
        {
            return IsNameOnly(wanted) ? (request.User, "") : throw Errors.BadRequest($"requested {Describe(wanted)} without impersonating a user name");
        }

        foreach (var name in headers.Keys.Where(static k => k.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            headers.Remove(name);
        }

        // When no mode allows it, the first one that would apply tells why not.
        ApiException? refusal = null;
        var asker = request.User.Name;
        var last = _lastModes.GetValueOrDefault(asker);
        foreach (var mode in ModesFor(wanted, request.User).OrderBy(m => m == last ? 0 : 1))
        {
            var refused = mode.Length == 0
                ? await CheckIdentityAsync(request.User, wanted, "impersonate", isConstrained: false, cancellationToken)
                : await CheckConstrainedAsync(request, wanted, mode, cancellationToken);
            if (refused is null)
            {
                Remember(asker, mode);
                return (Actual(wanted, isConstrained: mode.Length > 0), mode.Length > 0 ? "impersonate:" + mode : "");
            }

            refusal ??= refused;
        }

        throw refusal!;
    }

    private void Remember(string asker, string mode)
    {
        if (_lastModes.GetValueOrDefault(asker) == mode)
        {
            return;
        }

        if (_lastModes.Count >= RememberedMax)
        {
            _lastModes.Clear();
        }

        _lastModes[asker] = mode;
    }

    /// <summary>The constrained modes that apply, and "" for the old one.</summary>
    private static IEnumerable<string> ModesFor(UserInfo wanted, UserInfo asker)
    {
        if (NodeOf(wanted.Name) is { } node)
        {
            if (IsNameOnly(wanted))
            {
                if (Groups.TrySplitServiceAccount(asker.Name, out _, out _) && asker.Extra.GetValueOrDefault(Groups.NodeName) is [var own] && own == node)
                {
                    yield return "associated-node";
                }

                yield return "arbitrary-node";
            }
        }
        else if (!Groups.TrySplitServiceAccount(wanted.Name, out _, out _))
        {
            yield return "user-info";
        }
        else if (IsNameOnly(wanted))
        {
            yield return "serviceaccount";
        }

        yield return "";
    }

    /// <summary>Whether the asker may do this while he is somebody else, and be him.</summary>
    /// <returns>Why not; null if he may.</returns>
    private async ValueTask<ApiException?> CheckConstrainedAsync(AccessAttributes request, UserInfo wanted, string mode, CancellationToken cancellationToken)
    {
        var asker = request.User;
        if (mode == "associated-node")
        {
            // That it is his node is known already; for authorizers it is one right for all nodes.
            IReadOnlyList<string> keys = asker.Extra.Keys.Order(StringComparer.Ordinal).ToArray();
            asker = asker with { Extra = new Dictionary<string, IReadOnlyList<string>> { [AssociatedNodeKeys] = keys } };
        }

        return await RefuseAsync(request with { User = asker, Verb = $"impersonate-on:{mode}:{request.Verb}" }, cancellationToken)
            ?? await CheckIdentityAsync(asker, wanted, "impersonate:" + mode, isConstrained: true, cancellationToken);
    }

    private async ValueTask<ApiException?> CheckIdentityAsync(UserInfo asker, UserInfo wanted, string verb, bool isConstrained, CancellationToken cancellationToken)
    {
        var names = new AccessAttributes { User = asker, Verb = verb, ApiGroup = isConstrained ? AuthenticationGroup : "", ApiVersion = "v1" };
        var others = names with { ApiGroup = AuthenticationGroup };
        var username = Groups.TrySplitServiceAccount(wanted.Name, out var ns, out var name) ? names with { Resource = "serviceaccounts", Namespace = ns, Name = name }
            : isConstrained && NodeOf(wanted.Name) is { } node ? names with { Resource = "nodes", Name = verb == "impersonate:associated-node" ? "*" : node }
            : names with { Resource = "users", Name = wanted.Name };
        var refusal = await RefuseAsync(username, cancellationToken);
        if (refusal is null && wanted.Uid.Length > 0)
        {
            refusal = await RefuseAsync(others with { Resource = "uids", Name = wanted.Uid }, cancellationToken);
        }

        return refusal
            ?? await CheckGroupsAsync(names with { Resource = "groups" }, wanted.Groups, isConstrained, cancellationToken)
            ?? await CheckExtraAsync(others with { Resource = "userextras" }, wanted.Extra, isConstrained, cancellationToken);
    }

    private async ValueTask<ApiException?> CheckGroupsAsync(AccessAttributes attributes, IReadOnlyList<string> groups, bool isConstrained, CancellationToken cancellationToken)
    {
        if (isConstrained && groups.Contains(""))
        {
            return Refusal(attributes, "impersonating the empty string group is not allowed");
        }

        if (isConstrained && groups.Contains(Groups.Masters))
        {
            return Refusal(attributes with { Name = Groups.Masters }, "impersonating the system:masters group is not allowed");
        }

        if (isConstrained && groups.Count >= ManyValues && await RefuseAsync(attributes with { Name = "*" }, cancellationToken) is null)
        {
            return null;
        }

        foreach (var group in groups)
        {
            if (await RefuseAsync(attributes with { Name = group }, cancellationToken) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private async ValueTask<ApiException?> CheckExtraAsync(
        AccessAttributes attributes, IReadOnlyDictionary<string, IReadOnlyList<string>> extra, bool isConstrained, CancellationToken cancellationToken)
    {
        if (isConstrained && extra.Select(static e => FaultOf(e.Key, e.Value)).FirstOrDefault(static f => f is not null) is { } fault)
        {
            return Refusal(attributes, fault);
        }

        if (isConstrained && (extra.Count >= ManyValues || extra.Values.Sum(static v => v.Count) >= ManyValues)
            && await RefuseAsync(attributes with { Subresource = "*", Name = "*" }, cancellationToken) is null)
        {
            return null;
        }

        foreach (var (key, values) in extra)
        {
            foreach (var value in values)
            {
                if (await RefuseAsync(attributes with { Subresource = key, Name = value }, cancellationToken) is { } refusal)
                {
                    return refusal;
                }
            }
        }

        return null;
    }

    private static string? FaultOf(string key, IReadOnlyList<string> values)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return key.Length == 0 ? "impersonating the empty string key in extra is not allowed"
            : slash <= 0 || slash == key.Length - 1 || !Validation.Formats.IsDnsSubdomain(key[..slash])
                ? $"impersonating an invalid key in extra is not allowed: extra.key: Invalid value: {Api.Json.GoText.Quote(key)}: must be a domain-prefixed path (such as \"acme.io/foo\")"
            : values.Count == 0 ? "impersonating empty values in extra is not allowed"
            : values.Contains("") ? "impersonating the empty string value in extra is not allowed"
            : null;
    }

    private async ValueTask<ApiException?> RefuseAsync(AccessAttributes attributes, CancellationToken cancellationToken)
    {
        var decision = await authorizers.AuthorizeAsync(attributes, cancellationToken);
        return decision.IsAllowed ? null : AuthorizerChain.Refusal(attributes, decision);
    }

    private static ApiException Refusal(in AccessAttributes attributes, string reason) =>
        AuthorizerChain.Refusal(attributes, new AccessDecision(AccessVerdict.Deny, reason, ""));

    /// <summary>The user with the groups that follow from his name.</summary>
    private static UserInfo Actual(UserInfo wanted, bool isConstrained)
    {
        var groups = wanted.Groups.Count > 0 ? wanted.Groups
            : Groups.TrySplitServiceAccount(wanted.Name, out var ns, out _) ? Groups.OfServiceAccount(ns)
            : isConstrained && NodeOf(wanted.Name) is not null ? [Groups.Nodes]
            : [];

        // Everybody is in one of the two groups, also those whom somebody else plays.
        if (!groups.Contains(Groups.Authenticated) && !groups.Contains(Groups.Unauthenticated))
        {
            groups = [.. groups, wanted.Name == Groups.AnonymousUser ? Groups.Unauthenticated : Groups.Authenticated];
        }

        return wanted with { Groups = groups };
    }

    private static bool IsNameOnly(UserInfo wanted) => wanted is { Uid.Length: 0, Groups.Count: 0, Extra.Count: 0 };

    private static string? NodeOf(string user) =>
        user.StartsWith(Groups.NodeUserPrefix, StringComparison.Ordinal) && user[Groups.NodeUserPrefix.Length..] is var node && Validation.Formats.IsDnsSubdomain(node) ? node : null;

    private static SortedDictionary<string, IReadOnlyList<string>> ReadExtra(IHeaderDictionary headers)
    {
        var extra = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (key, values) in headers)
        {
            if (key.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
            {
                extra[Uri.UnescapeDataString(key[ExtraPrefix.Length..].ToLowerInvariant())] = values.Select(static v => v ?? "").ToArray();
            }
        }

        return extra;
    }

    /// <summary>The headers without a name, printed as upstream prints its user structure.</summary>
    private static string Describe(UserInfo wanted)
    {
        var (uid, groups, extra) = (wanted.Uid, wanted.Groups, wanted.Extra);
        var groupText = groups.Count == 0 ? "[]string(nil)" : "[]string{" + string.Join(", ", groups.Select(Api.Json.GoText.Quote)) + "}";
        var extraText = extra.Count == 0 ? "map[string][]string(nil)" : "map[string][]string{"
            + string.Join(", ", extra.Select(static e => Api.Json.GoText.Quote(e.Key) + ":[]string{" + string.Join(", ", e.Value.Select(Api.Json.GoText.Quote)) + "}")) + "}";
        return $"&user.DefaultInfo{{Name:\"\", UID:{Api.Json.GoText.Quote(uid)}, Groups:{groupText}, Extra:{extraText}}}";
    }
}
