using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Access;

/// <summary>Lets a user act as somebody else when he may: the headers Impersonate-User, -Uid, -Group and -Extra-….</summary>
public sealed class Impersonation(AuthorizerChain authorizers)
{
    private const string UserHeader = "Impersonate-User";
    private const string UidHeader = "Impersonate-Uid";
    private const string GroupHeader = "Impersonate-Group";
    private const string ExtraPrefix = "Impersonate-Extra-";
    private const string HeaderPrefix = "Impersonate-";
    private const string AuthenticationGroup = "authentication.k8s.io";

    /// <summary>Who the request acts as: <paramref name="user"/> himself if no header asks for another.</summary>
    /// <exception cref="ApiException">400: headers without a user name; 403: he may not act as that user, or be in that group.</exception>
    public ValueTask<UserInfo> ResolveAsync(UserInfo user, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        foreach (var header in headers)
        {
            if (header.Key.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase))
            {
                return ImpersonateAsync(user, headers, cancellationToken);
            }
        }

        return new(user);
    }

    private async ValueTask<UserInfo> ImpersonateAsync(UserInfo user, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        var name = headers[UserHeader].FirstOrDefault() ?? "";
        var uid = headers[UidHeader].FirstOrDefault() ?? "";
        var groups = headers[GroupHeader].Select(static g => g ?? "").ToArray();
        var extra = ReadExtra(headers);
        if (name.Length == 0)
        {
            if (uid.Length == 0 && groups.Length == 0 && extra.Count == 0)
            {
                return user;
            }

            throw Errors.BadRequest($"requested {Describe(uid, groups, extra)} without impersonating a user name");
        }

        var isAccount = Groups.TrySplitServiceAccount(name, out var accountNamespace, out var accountName);
        await RequireAsync(isAccount
            ? new AccessAttributes { User = user, Verb = "impersonate", ApiVersion = "v1", Resource = "serviceaccounts", Namespace = accountNamespace, Name = accountName }
            : new AccessAttributes { User = user, Verb = "impersonate", ApiVersion = "v1", Resource = "users", Name = name });
        foreach (var group in groups)
        {
            await RequireAsync(new AccessAttributes { User = user, Verb = "impersonate", ApiVersion = "v1", Resource = "groups", Name = group });
        }

        foreach (var (key, values) in extra)
        {
            foreach (var value in values)
            {
                await RequireAsync(new AccessAttributes
                {
                    User = user, Verb = "impersonate", ApiGroup = AuthenticationGroup, ApiVersion = "v1", Resource = "userextras", Subresource = key, Name = value,
                });
            }
        }

        if (uid.Length > 0)
        {
            await RequireAsync(new AccessAttributes
            {
                User = user, Verb = "impersonate", ApiGroup = AuthenticationGroup, ApiVersion = "v1", Resource = "uids", Name = uid,
            });
        }

        if (isAccount && groups.Length == 0)
        {
            groups = Groups.OfServiceAccount(accountNamespace);
        }

        // Everybody is in one of the two groups, also those whom somebody else plays.
        if (!groups.Contains(Groups.Authenticated) && !groups.Contains(Groups.Unauthenticated))
        {
            groups = [.. groups, name == Groups.AnonymousUser ? Groups.Unauthenticated : Groups.Authenticated];
        }

        return new UserInfo { Name = name, Uid = uid, Groups = groups, Extra = extra };

        ValueTask RequireAsync(AccessAttributes attributes) => authorizers.RequireAsync(attributes, cancellationToken);
    }

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
    private static string Describe(string uid, string[] groups, SortedDictionary<string, IReadOnlyList<string>> extra)
    {
        var groupText = groups.Length == 0 ? "[]string(nil)" : "[]string{" + string.Join(", ", groups.Select(Api.Json.GoText.Quote)) + "}";
        var extraText = extra.Count == 0 ? "map[string][]string(nil)" : "map[string][]string{"
            + string.Join(", ", extra.Select(static e => Api.Json.GoText.Quote(e.Key) + ":[]string{" + string.Join(", ", e.Value.Select(Api.Json.GoText.Quote)) + "}")) + "}";
        return $"&user.DefaultInfo{{Name:\"\", UID:{Api.Json.GoText.Quote(uid)}, Groups:{groupText}, Extra:{extraText}}}";
    }
}
