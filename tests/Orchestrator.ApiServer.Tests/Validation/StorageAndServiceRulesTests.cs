namespace Orchestrator.ApiServer.Tests.Validation;

/// <summary>Faults of volumes, claims, services and nodes.</summary>
public sealed class StorageAndServiceRulesTests
{
    private const string Claim = """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}""";

    [Fact]
    public void A_source_of_a_volume_is_looked_at_in_full_and_before_what_comes_after_it() => Assert.Equal(
        [
            "spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
            "spec.capacity[storage]: Invalid value: \"-1\": must be greater than zero",
            "spec.iscsi.targetportal: Invalid value: \"0123456789012345678901234567890123456789012345678901234567890123\": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
            "spec.iscsi.iqn: Invalid value: \"x\": must be valid format",
            "spec.csi: Forbidden: may not specify more than 1 volume type",
            "spec.volumeAttributesClassName: Required value: an empty string is disallowed",
        ],
        Rules.Create("persistentvolumes", """
            {"apiVersion":"v1","kind":"PersistentVolume","metadata":{},"spec":{"capacity":{"storage":"-1"},"accessModes":["ReadWriteOnce"],"volumeAttributesClassName":"","csi":{},
             "iscsi":{"targetPortal":"0123456789012345678901234567890123456789012345678901234567890123","iqn":"x","lun":0,"initiatorName":"iqn.2001-04.com.example:a"}}}
            """));

    [Fact]
    public void The_class_of_a_claim_may_be_named_once_and_its_annotation_never_changes()
    {
        const string Annotated = """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"annotations":{"volume.beta.kubernetes.io/storage-class":"a"}},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}""";
        Assert.Empty(Rules.Update("persistentvolumeclaims", Claim + "}}", Claim + ",\"storageClassName\":\"a\"}}"));
        Assert.Empty(Rules.Update("persistentvolumeclaims", Annotated + "}}", Claim + ",\"storageClassName\":\"a\"}}"));
        Assert.Equal(
            ["metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: \"a\": field is immutable"],
            Rules.Update("persistentvolumeclaims", Claim + "}}", Annotated + "}}"));
        Assert.Equal(
            ["spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden"],
            Rules.Update("persistentvolumeclaims", Claim + ",\"volumeAttributesClassName\":\"v\"}}", Claim + "}}").Where(static e => !e.StartsWith("spec: ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Addresses_and_families_of_a_service_stay() => Assert.Equal(
        [
            "spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP",
            "spec.ipFamilies[0]: Invalid value: [\"IPv6\",\"IPv4\"]: may not change once set",
            "spec.ipFamilies[0]: Invalid value: [\"IPv6\",\"IPv4\"]: may not change once set",
            "spec.clusterIPs[0]: Invalid value: \"10.96.0.7\": expected an IPv6 value as indicated by `ipFamilies[0]`",
        ],
        Rules.Update(
            "services",
            Service("""{"clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7","fd00::7"],"ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"PreferDualStack","ports":[{"port":1}]}"""),
            Service("""{"clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"],"ipFamilies":["IPv6","IPv4"],"ipFamilyPolicy":"PreferDualStack","ports":[{"port":1}]}""")));

    [Fact]
    public void Taints_are_told_once_per_key_and_effect() => Assert.Equal(
        ["metadata.taints[1]: Duplicate value: {\"Key\":\"a\",\"Value\":\"\",\"Effect\":\"NoSchedule\",\"TimeAdded\":null}: taints must be unique by key and effect pair"],
        Rules.Create("nodes", """{"apiVersion":"v1","kind":"Node","metadata":{},"spec":{"taints":[{"key":"a","effect":"NoSchedule"},{"key":"a","effect":"NoSchedule"}]}}"""));

    [Fact]
    public void A_quota_counts_what_its_scopes_can_tell() => Assert.Equal(
        [
            "spec.hard[things]: Invalid value: \"things\": must be a standard resource type or fully qualified",
            "spec.hard[things]: Invalid value: \"things\": must be a standard resource for quota",
            "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: unsupported scope applied to resource",
            "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: unsupported scope applied to resource",
            "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: unsupported scope applied to resource",
            "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: conflicting scopes",
        ],
        Rules.Create("resourcequotas", """{"apiVersion":"v1","kind":"ResourceQuota","metadata":{},"spec":{"hard":{"things":"1","cpu":"1","secrets":"1"},"scopes":["BestEffort","NotBestEffort"]}}"""));

    [Fact]
    public void Topologies_of_a_class_name_a_key_once_and_a_term_once()
    {
        var warnings = new List<string>();
        Assert.Equal(
            [
                "allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: \"failure-domain.beta.kubernetes.io/zone\"",
                "allowedTopologies[1].matchLabelExpressions: Duplicate value: \"\"",
            ],
            Rules.Create("storageclasses", """
                {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{},"provisioner":"p","allowedTopologies":[
                 {"matchLabelExpressions":[{"key":"failure-domain.beta.kubernetes.io/zone","values":["b"]},{"key":"failure-domain.beta.kubernetes.io/zone","values":["a"]}]},
                 {"matchLabelExpressions":[{"key":"failure-domain.beta.kubernetes.io/zone","values":["a"]}]}]}
                """, warnings));
        Assert.Equal("allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead", warnings[0]);
    }

    private static string Service(string spec) => """{"apiVersion":"v1","kind":"Service","metadata":{},"spec":""" + spec + "}";
}
