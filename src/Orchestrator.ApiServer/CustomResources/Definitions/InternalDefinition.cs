using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>Parts of a definition as messages print them: in upstream's internal form, where what all versions say alike stands above them.</summary>
internal static class InternalDefinition
{
    private static readonly int[] Shared =
    [
        CustomResourceDefinitionVersion.Fields.Schema, CustomResourceDefinitionVersion.Fields.Subresources,
        CustomResourceDefinitionVersion.Fields.AdditionalPrinterColumns, CustomResourceDefinitionVersion.Fields.SelectableFields,
    ];

    public static object Versions(CustomResourceDefinitionSpec spec)
    {
        if (spec.Versions.Count == 0)
        {
            return new Bare("[]");
        }

        var lifted = Shared.Where(slot => spec.Versions.All(v => Semantic.Equal(v.Slots[slot], spec.Versions[0].Slots[slot]))).ToArray();
        return new InternalValue(spec.Versions.Select(v =>
        {
            var copy = v with { };
            foreach (var slot in lifted)
            {
                copy.Slots[slot] = null;
            }

            return copy;
        }).ToApiList());
    }
}
