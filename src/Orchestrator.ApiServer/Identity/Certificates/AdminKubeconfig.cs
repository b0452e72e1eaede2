using System.Text;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>The administrator's way in: a kubeconfig with the CA, his certificate and key, readable by its owner only.</summary>
public static class AdminKubeconfig
{
    /// <summary>Writes the file, unless it already says the same.</summary>
    /// <param name="pki">The cluster's keys.</param>
    /// <param name="path">The file.</param>
    /// <param name="server">The API's URL, such as <c>https://127.0.0.1:6443</c>.</param>
    public static void Write(ClusterPki pki, string path, string server)
    {
        using var certificate = pki.AdminCertificate();
        var (certificatePem, keyPem) = ClusterPki.Pems(certificate);
        var content = Render(pki.Authority.Pem, server, "kubernetes-admin", certificatePem, keyPem);
        if (!File.Exists(path) || File.ReadAllText(path) != content)
        {
            CertificatePem.WriteFile(path, content, secret: true);
        }
    }

    /// <summary>A kubeconfig with everything in it.</summary>
    public static string Render(string authorityPem, string server, string user, string certificatePem, string keyPem) => $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: orchestrator
          cluster:
            certificate-authority-data: {Base64(authorityPem)}
            server: {server}
        users:
        - name: {user}
          user:
            client-certificate-data: {Base64(certificatePem)}
            client-key-data: {Base64(keyPem)}
        contexts:
        - name: {user}@orchestrator
          context:
            cluster: orchestrator
            user: {user}
        current-context: {user}@orchestrator

        """;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
