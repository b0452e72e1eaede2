using Orchestrator.Api;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Storage classes and CSI drivers.</summary>
internal static class StorageDefaults
{
    public static void StorageClass(StorageClass storageClass)
    {
        storageClass.Default(Api.Storage.V1.StorageClass.Fields.ReclaimPolicy, "Delete");
        storageClass.Default(Api.Storage.V1.StorageClass.Fields.VolumeBindingMode, "Immediate");
    }

    public static void CsiDriver(CSIDriver driver)
    {
        var spec = driver.Own<CSIDriverSpec>(CSIDriver.Fields.Spec);
        spec.Default(CSIDriverSpec.Fields.AttachRequired, true);
        spec.Default(CSIDriverSpec.Fields.PodInfoOnMount, false);
        spec.Default(CSIDriverSpec.Fields.StorageCapacity, false);
        spec.Default(CSIDriverSpec.Fields.FsGroupPolicy, "ReadWriteOnceWithFSType");
        if (spec.VolumeLifecycleModes.Count == 0)
        {
            spec.Set(CSIDriverSpec.Fields.VolumeLifecycleModes, ApiList.Create<string>(["Persistent"]));
        }

        spec.Default(CSIDriverSpec.Fields.RequiresRepublish, false);
        spec.Default(CSIDriverSpec.Fields.SeLinuxMount, false);
    }
}
