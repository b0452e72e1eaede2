using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>What all versions of a definition say alike; upstream's internal form says such a part once, above the versions.</summary>
internal readonly struct SharedParts(ApiList<CustomResourceDefinitionVersion> versions)
{
    public bool Schema { get; } = Same(versions, CustomResourceDefinitionVersion.Fields.Schema);

    public bool Subresources { get; } = Same(versions, CustomResourceDefinitionVersion.Fields.Subresources);

    public bool Columns { get; } = Same(versions, CustomResourceDefinitionVersion.Fields.AdditionalPrinterColumns);

    public bool SelectableFields { get; } = Same(versions, CustomResourceDefinitionVersion.Fields.SelectableFields);

    private static bool Same(ApiList<CustomResourceDefinitionVersion> versions, int slot) => versions.Skip(1).All(v => Semantic.Equal(v.Slots[slot], versions[0].Slots[slot]));
}
