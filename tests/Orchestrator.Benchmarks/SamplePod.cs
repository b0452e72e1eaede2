using System.Text;

namespace Orchestrator.Benchmarks;

/// <summary>What the benchmarks work on.</summary>
internal static class SamplePod
{
    /// <summary>A pod of three containers as a server has defaulted it, in JSON.</summary>
    public static byte[] Json(string name)
    {
        var containers = string.Join(",", Enumerable.Range(0, 3).Select(static i => $$$$"""
            {"name":"c{{{{i}}}}","image":"registry/app:1","ports":[{"name":"http","containerPort":80,"protocol":"TCP"}],"env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}}],
            "resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},"volumeMounts":[{"name":"config","mountPath":"/etc/app"},{"name":"data","mountPath":"/data"}],
            "livenessProbe":{"httpGet":{"path":"/live","port":80,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},
            "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}
            """));
        var text = $$$$"""
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{{name}}}}","namespace":"default","uid":"8f1c1f0e-6e0c-4a51-9a27-0d6a1b2c3d4e","labels":{"app":"web","tier":"front"},"annotations":{"example.com/a":"b"}},
            "spec":{"volumes":[{"name":"config","configMap":{"name":"app","defaultMode":420}},{"name":"data","emptyDir":{}}],"containers":[{{{{containers}}}}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,
            "dnsPolicy":"ClusterFirst","serviceAccountName":"default","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],
            "priority":0,"enableServiceLinks":true},"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"True","lastTransitionTime":"2025-01-01T00:00:00Z"}],"qosClass":"Burstable"}}
            """;
        return Encoding.UTF8.GetBytes(text);
    }
}
