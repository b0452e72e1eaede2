using System.Security.Cryptography.X509Certificates;
using Orchestrator.Client;

namespace Orchestrator.Joining;

/// <summary>The files by which a node knows its cluster and is known to it; they make joining a matter of once.</summary>
internal sealed record NodeIdentity(string Directory)
{
    public string AuthorityFile => Path.Combine(Directory, "ca.crt");

    public string CertificateFile => Path.Combine(Directory, "client.crt");

    public string KeyFile => Path.Combine(Directory, "client.key");

    public bool Exists => File.Exists(AuthorityFile) && File.Exists(CertificateFile) && File.Exists(KeyFile);

    /// <summary>Makes the node known by these: all or none, and the key readable by its owner only.</summary>
    public void Write(string authorityPem, string certificatePem, string keyPem)
    {
        System.IO.Directory.CreateDirectory(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        WriteFile(AuthorityFile, authorityPem);
        WriteFile(KeyFile, keyPem);
        WriteFile(CertificateFile, certificatePem);
    }

    /// <summary>How to speak to the server as this node. The certificate is read again when it is renewed.</summary>
    public ClientConfig Client(Uri server)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(AuthorityFile);
        return new() { Server = server, Authorities = authorities, Certificate = new CertificateFiles(CertificateFile, KeyFile).Current, UserAgent = "orchestrator-agent" };
    }

    /// <summary>In one step, so that a crash leaves the old file or the new one.</summary>
    private static void WriteFile(string path, string text)
    {
        var next = path + ".new";
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }
}
