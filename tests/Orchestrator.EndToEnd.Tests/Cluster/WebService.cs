namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>A Deployment of busybox HTTP servers and its Service on port 80.</summary>
public sealed record WebService(string Name, string Address)
{
    public const string Image = "orchestrator.local/busybox:1";

    /// <summary>The same program under another name.</summary>
    public const string NextImage = "orchestrator.local/busybox:2";

    public Uri Url => new($"http://{Address}/");

    public static string Manifest(string name, int replicas, bool drains)
    {
        var lifecycle = drains ? """{preStop: {exec: {command: ["sleep", "2"]}}}""" : "{}";
        return $$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: {{name}}
              labels: {app: {{name}}}
            spec:
              replicas: {{replicas}}
              selector:
                matchLabels: {app: {{name}}}
              template:
                metadata:
                  labels: {app: {{name}}}
                spec:
                  terminationGracePeriodSeconds: 5
                  containers:
                  - name: web
                    image: {{Image}}
                    command: ["sh", "-c", "mkdir -p /tmp/www && echo $PAGE $HOSTNAME >/tmp/www/index.html && trap exit TERM && { httpd -f -p 8080 -h /tmp/www & wait; }"]
                    env:
                    - {name: PAGE, value: "version 1"}
                    ports:
                    - {name: http, containerPort: 8080}
                    readinessProbe:
                      httpGet: {path: /, port: http}
                      periodSeconds: 1
                    lifecycle: {{lifecycle}}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: {{name}}
            spec:
              selector: {app: {{name}}}
              ports:
              - {name: http, port: 80, targetPort: http}
            """;
    }
}
