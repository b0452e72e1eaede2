using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Custom resource definitions and API services.</summary>
internal static class ExtensionDefaults
{
    public static void CustomResourceDefinition(CustomResourceDefinition definition)
    {
        var spec = definition.Own<CustomResourceDefinitionSpec>(Api.ApiExtensions.V1.CustomResourceDefinition.Fields.Spec);
        var names = spec.Own<CustomResourceDefinitionNames>(CustomResourceDefinitionSpec.Fields.Names);
        if (names.Singular.Length == 0)
        {
            names.Set(CustomResourceDefinitionNames.Fields.Singular, names.Kind.ToLowerInvariant());
        }

        if (names.ListKind.Length == 0 && names.Kind.Length > 0)
        {
            names.Set(CustomResourceDefinitionNames.Fields.ListKind, names.Kind + "List");
        }

        if (spec.Conversion is null)
        {
            spec.Own<CustomResourceConversion>(CustomResourceDefinitionSpec.Fields.Conversion).Set(CustomResourceConversion.Fields.Strategy, "None");
        }

        spec.Conversion?.Webhook?.ClientConfig?.Service?.Default(Api.ApiExtensions.V1.ServiceReference.Fields.Port, 443);

        if (definition.Status.StoredVersions.Count == 0)
        {
            foreach (var version in spec.Versions)
            {
                if (version.Storage)
                {
                    definition.Own<CustomResourceDefinitionStatus>(Api.ApiExtensions.V1.CustomResourceDefinition.Fields.Status)
                        .Set(CustomResourceDefinitionStatus.Fields.StoredVersions, ApiList.Create<string>([version.Name]));
                    break;
                }
            }
        }
    }

    public static void ApiService(APIService service) => service.Spec.Service?.Default(Api.ApiRegistration.V1.ServiceReference.Fields.Port, 443);
}
