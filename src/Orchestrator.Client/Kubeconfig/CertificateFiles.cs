using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Orchestrator.Client;

/// <summary>A client certificate in two files, read again when either changes. May be used by many at once.</summary>
public sealed class CertificateFiles(string certificatePath, string keyPath)
{
    private readonly Lock _lock = new();
    private (DateTime Certificate, DateTime Key) _stamp;
    private X509Certificate2? _current;

    /// <summary>The certificate as the files have it now; the last good one while they do not fit together.</summary>
    public X509Certificate2? Current()
    {
        lock (_lock)
        {
            var stamp = (File.GetLastWriteTimeUtc(certificatePath), File.GetLastWriteTimeUtc(keyPath));
            if (_current is not null && stamp == _stamp)
            {
                return _current;
            }

            try
            {
                _current = FromPem(File.ReadAllBytes(certificatePath), File.ReadAllBytes(keyPath));
                _stamp = stamp;
            }
            catch (Exception e) when (_current is not null && e is IOException or System.Security.Cryptography.CryptographicException)
            {
                // One file is written and the other not yet: the next connection looks again.
            }

            return _current;
        }
    }

    /// <summary>A certificate with its key, from PEM.</summary>
    public static X509Certificate2 FromPem(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> key) =>
        X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
}
