using System.Collections.Concurrent;
using Orchestrator.Api;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Access.Rbac;

/// <summary>Roles by name and grants by subject, kept from the store's changes: what a user may do is found without walking the bindings.</summary>
public sealed class RbacIndex : IObjectView
{
    private readonly ConcurrentDictionary<(string Namespace, string Name), CompiledRule[]> _roles = [];
    private readonly ConcurrentDictionary<SubjectKey, Grant[]> _grants = [];

    // Which grants a binding made, to take them back when it changes. Only the writer's.
    private readonly Dictionary<(string Namespace, string Name), List<(SubjectKey Key, Grant Grant)>> _bindings = [];

    public IReadOnlyList<ResourceInfo> Resources { get; } = [Role.Resource, ClusterRole.Resource, RoleBinding.Resource, ClusterRoleBinding.Resource];

    public void Put(ApiObject obj)
    {
        switch (obj)
        {
            case Role role:
                _roles[(role.Metadata.Namespace, role.Metadata.Name)] = Compile(role.Rules);
                break;
            case ClusterRole role:
                _roles[("", role.Metadata.Name)] = Compile(role.Rules);
                break;
            case RoleBinding binding:
                Bind(binding, binding.RoleRef, binding.Subjects);
                break;
            case ClusterRoleBinding binding:
                Bind(binding, binding.RoleRef, binding.Subjects);
                break;
        }
    }

    public void Remove(ApiObject obj)
    {
        switch (obj)
        {
            case Role or ClusterRole:
                _roles.TryRemove((obj.Metadata.Namespace, obj.Metadata.Name), out _);
                break;
            case RoleBinding or ClusterRoleBinding:
                Unbind((obj.Metadata.Namespace, obj.Metadata.Name));
                break;
        }
    }

    /// <summary>The rules of a role; null if it is not there. The namespace is "" for a ClusterRole.</summary>
    internal CompiledRule[]? FindRole(string ns, string name) => _roles.GetValueOrDefault((ns, name));

    internal CompiledRule[]? FindRole(Grant grant) => _roles.GetValueOrDefault(grant.Role);

    /// <summary>What a user or group is granted by the bindings of a namespace, or by the cluster's ("").</summary>
    internal Grant[] GrantsOf(bool isGroup, string name, string ns) => _grants.TryGetValue(new(ns, name, isGroup), out var grants) ? grants : [];

    private static CompiledRule[] Compile(ApiList<PolicyRule> rules) => rules.Select(static r => new CompiledRule(r)).ToArray();

    private void Bind(ApiObject binding, RoleRef role, ApiList<Subject> subjects)
    {
        var key = (binding.Metadata.Namespace, binding.Metadata.Name);
        var made = new List<(SubjectKey Key, Grant Grant)>(subjects.Count);
        foreach (var subject in subjects)
        {
            SubjectKey? who = subject.Kind switch
            {
                "User" => new(key.Namespace, subject.Name, IsGroup: false),
                "Group" => new(key.Namespace, subject.Name, IsGroup: true),
                "ServiceAccount" when subject.Namespace.Length > 0 || key.Namespace.Length > 0 => new(
                    key.Namespace, Groups.ServiceAccountUser(subject.Namespace.Length > 0 ? subject.Namespace : key.Namespace, subject.Name), IsGroup: false),
                _ => null,
            };
            if (who is { } subjectKey)
            {
                made.Add((subjectKey, new Grant(key.Namespace, key.Name, role, subject, made.Count)));
            }
        }

        // New grants come before the old ones go, so that no reader sees a moment without either.
        _bindings.Remove(key, out var old);
        foreach (var (who, grant) in made)
        {
            _grants[who] = [.. GrantsOf(who).Append(grant).OrderBy(static g => g.Binding, StringComparer.Ordinal)];
        }

        TakeBack(old);
        _bindings[key] = made;
    }

    private void Unbind((string, string) key)
    {
        if (_bindings.Remove(key, out var old))
        {
            TakeBack(old);
        }
    }

    private void TakeBack(List<(SubjectKey Key, Grant Grant)>? old)
    {
        foreach (var (who, grant) in old ?? [])
        {
            var rest = GrantsOf(who).Where(g => !ReferenceEquals(g, grant)).ToArray();
            if (rest.Length > 0)
            {
                _grants[who] = rest;
            }
            else
            {
                _grants.TryRemove(who, out _);
            }
        }
    }

    private Grant[] GrantsOf(SubjectKey key) => _grants.GetValueOrDefault(key) ?? [];

    private readonly record struct SubjectKey(string Namespace, string Name, bool IsGroup);
}
