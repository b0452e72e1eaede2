using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>Certificates and keys in files: PEM, keys readable by their owner only, replaced as a whole.</summary>
internal static class CertificatePem
{
    /// <summary>Reads a certificate and its key; null if one of the files is missing.</summary>
    /// <exception cref="CryptographicException">A file holds no certificate, or the key is another's.</exception>
    public static X509Certificate2? Read(string certificateFile, string keyFile) =>
        File.Exists(certificateFile) && File.Exists(keyFile)
            ? X509Certificate2.CreateFromPem(File.ReadAllText(certificateFile), File.ReadAllText(keyFile))
            : null;

    public static void Write(string certificateFile, string keyFile, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey() ?? throw new CryptographicException("The certificate has no EC key.");
        // The key first: a certificate without its key would be taken for a broken pair at the next start.
        WriteFile(keyFile, key.ExportPkcs8PrivateKeyPem() + "\n", secret: true);
        WriteFile(certificateFile, certificate.ExportCertificatePem() + "\n", secret: false);
    }

    /// <summary>Writes beside the file and renames, so that a reader sees the old or the new content and a crash leaves one of them.</summary>
    public static void WriteFile(string path, string content, bool secret)
    {
        var temporary = path + ".new";
        var mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | (secret ? 0 : UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(content));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
