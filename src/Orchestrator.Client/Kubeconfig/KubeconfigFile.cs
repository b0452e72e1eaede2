using System.Security.Cryptography.X509Certificates;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orchestrator.Client;

/// <summary>Reads kubeconfig files, and the files that pods are given.</summary>
public static class KubeconfigFile
{
    private const string InClusterFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Loads a context of a file; the current one by default.</summary>
    /// <exception cref="FormatException">The file is no kubeconfig, or names something it does not have.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ClientConfig Load(string path, string? context = null) =>
        Parse(File.ReadAllText(path), Path.GetDirectoryName(Path.GetFullPath(path))!, context);

    /// <summary>Loads a context from text; relative files in it are looked for in <paramref name="folder"/>.</summary>
    /// <exception cref="FormatException">The text is no kubeconfig, or names something it does not have.</exception>
    public static ClientConfig Parse(string yaml, string folder, string? context = null)
    {
        var root = ReadYaml(yaml);
        var contextName = context ?? Text(root, "current-context") ?? throw new FormatException("the kubeconfig has no current-context");
        var chosen = Named(root, "contexts", contextName, "context");
        var cluster = Named(root, "clusters", Text(chosen, "cluster") ?? "", "cluster");
        var userName = Text(chosen, "user") ?? "";
        var user = userName.Length == 0 ? new YamlMappingNode() : Named(root, "users", userName, "user");
        if (Find(user, "exec") is not null || Find(user, "auth-provider") is not null)
        {
            throw new FormatException($"the user {userName} has credentials from a plugin, which are not supported");
        }

        var server = Text(cluster, "server") ?? throw new FormatException($"the cluster of context {contextName} has no server");
        var authorities = Bytes(cluster, "certificate-authority", folder);
        return new()
        {
            Server = new Uri(server.EndsWith('/') ? server : server + "/"),
            Authorities = authorities is null ? null : Certificates(authorities),
            InsecureSkipTlsVerify = Text(cluster, "insecure-skip-tls-verify") == "true",
            TlsServerName = Text(cluster, "tls-server-name"),
            Certificate = ClientCertificate(user, folder),
            Token = Text(user, "token"),
            TokenFile = Text(user, "tokenFile") is { } file ? Path.Combine(folder, file) : null,
            Username = Text(user, "username"),
            Password = Text(user, "password"),
            Impersonate = Text(user, "as"),
            Namespace = Text(chosen, "namespace") ?? "",
        };
    }

    /// <summary>The CA in PEM of the first cluster in a kubeconfig, such as that of <c>cluster-info</c>; null if there is none.</summary>
    /// <exception cref="FormatException">The text is no kubeconfig.</exception>
    public static string? ReadAuthority(string yaml) =>
        Find(ReadYaml(yaml), "clusters") is YamlSequenceNode { Children: [YamlMappingNode first, ..] } && Find(first, "cluster") is YamlMappingNode cluster
            && Text(cluster, "certificate-authority-data") is { } data
            ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(data))
            : null;

    /// <summary>The server and service account of the pod that this process runs in; null outside of pods.</summary>
    public static ClientConfig? InCluster()
    {
        var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
        var token = Path.Combine(InClusterFolder, "token");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(token))
        {
            return null;
        }

        return new()
        {
            Server = new Uri($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}/"),
            Authorities = Certificates(File.ReadAllBytes(Path.Combine(InClusterFolder, "ca.crt"))),
            TokenFile = token,
            Namespace = File.ReadAllText(Path.Combine(InClusterFolder, "namespace")).Trim(),
        };
    }

    private static YamlMappingNode ReadYaml(string yaml)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode root ? root : throw new FormatException("the kubeconfig is empty");
        }
        catch (YamlException e)
        {
            throw new FormatException($"the kubeconfig is no YAML: {e.Message}", e);
        }
    }

    private static Func<X509Certificate2?>? ClientCertificate(YamlMappingNode user, string folder)
    {
        if (Text(user, "client-certificate-data") is null && Text(user, "client-certificate") is { } certificateFile && Text(user, "client-key") is { } keyFile)
        {
            // Files may be renewed under a running process.
            var files = new CertificateFiles(Path.Combine(folder, certificateFile), Path.Combine(folder, keyFile));
            return files.Current;
        }

        var certificate = Bytes(user, "client-certificate", folder);
        var key = Bytes(user, "client-key", folder);
        if (certificate is null || key is null)
        {
            return null;
        }

        var loaded = CertificateFiles.FromPem(certificate, key);
        return () => loaded;
    }

    private static X509Certificate2Collection Certificates(byte[] pem)
    {
        var collection = new X509Certificate2Collection();
        collection.ImportFromPem(System.Text.Encoding.UTF8.GetString(pem));
        return collection;
    }

    private static byte[]? Bytes(YamlMappingNode node, string name, string folder) =>
        Text(node, name + "-data") is { } data ? Convert.FromBase64String(data)
        : Text(node, name) is { Length: > 0 } file ? File.ReadAllBytes(Path.Combine(folder, file))
        : null;

    private static YamlMappingNode Named(YamlMappingNode root, string list, string name, string what)
    {
        if (Find(root, list) is YamlSequenceNode entries)
        {
            foreach (var entry in entries.OfType<YamlMappingNode>())
            {
                if (Text(entry, "name") == name)
                {
                    return Find(entry, what) as YamlMappingNode ?? new YamlMappingNode();
                }
            }
        }

        throw new FormatException($"the kubeconfig has no {what} \"{name}\"");
    }

    private static YamlNode? Find(YamlMappingNode node, string name) => node.Children.TryGetValue(new YamlScalarNode(name), out var value) ? value : null;

    private static string? Text(YamlMappingNode node, string name) => Find(node, name) is YamlScalarNode { Value: { Length: > 0 } value } ? value : null;
}
