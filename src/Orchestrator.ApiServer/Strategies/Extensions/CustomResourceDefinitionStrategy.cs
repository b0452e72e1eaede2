using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Extensions;

/// <summary>Custom resource definitions: every version that objects were ever stored in is remembered in the status.</summary>
internal sealed class CustomResourceDefinitionStrategy : ObjectStrategy<CustomResourceDefinition>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;

    protected override bool ChecksFinalizers => false;

    protected override void Prepare(CustomResourceDefinition obj, StrategyContext context) => RememberStorageVersion(obj);

    protected override void PrepareUpdate(CustomResourceDefinition obj, CustomResourceDefinition old, StrategyContext context)
    {
        obj.Set(CustomResourceDefinition.Fields.Status, old.Status with { });
        RememberStorageVersion(obj);
    }

    private static void RememberStorageVersion(CustomResourceDefinition definition)
    {
        if (definition.Spec.Versions.FirstOrDefault(static v => v.Storage) is { } version && !definition.Status.StoredVersions.Contains(version.Name))
        {
            definition.Own<CustomResourceDefinitionStatus>(CustomResourceDefinition.Fields.Status)
                .Set(CustomResourceDefinitionStatus.Fields.StoredVersions, definition.Status.StoredVersions.Append(version.Name).ToApiList());
        }
    }
}
