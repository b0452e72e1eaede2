using Orchestrator.Api;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Groups of roles and subjects.</summary>
internal static class RbacDefaults
{
    private const string Group = "rbac.authorization.k8s.io";

    public static void Binding(ApiObject binding, int roleRefSlot, ApiList<Subject> subjects)
    {
        binding.Own<RoleRef>(roleRefSlot).Default(RoleRef.Fields.ApiGroup, Group);
        foreach (var subject in subjects)
        {
            if (subject.Kind is "User" or "Group")
            {
                subject.Default(Subject.Fields.ApiGroup, Group);
            }
        }
    }
}
