using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Settings;

namespace Orchestrator.Joining;

/// <summary>What a node needs to join: whom to trust, and how to be let in. Written as <c>PIN::ID.SECRET</c>.</summary>
/// <param name="Pin"><c>sha256:</c> and the hash of the CA's public key, as kubeadm writes it.</param>
/// <param name="Id">Names the token's Secret, <c>bootstrap-token-ID</c> in kube-system.</param>
/// <param name="Secret">Proves it.</param>
internal sealed record JoinToken(string Pin, string Id, string Secret)
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const string Separator = "::";
    private const string PinPrefix = "sha256:";
    private const int IdLength = 6;
    private const int SecretLength = 16;

    /// <summary>The bearer token.</summary>
    public string Bearer => $"{Id}.{Secret}";

    public static JoinToken Create(X509Certificate2 authority) =>
        new(PinOf(authority), RandomNumberGenerator.GetString(Alphabet, IdLength), RandomNumberGenerator.GetString(Alphabet, SecretLength));

    /// <exception cref="SettingException">The text is no token.</exception>
    public static JoinToken Parse(string text)
    {
        var parts = text.Split(Separator);
        var bearer = parts.Length == 2 ? parts[1].Split('.') : [];
        return parts.Length == 2 && IsPin(parts[0]) && bearer is [{ Length: IdLength } id, { Length: SecretLength } secret] && Bearable(id) && Bearable(secret)
            ? new(parts[0], id, secret)
            : throw new SettingException("--token is no join token; `orchestrator token create` prints one");
    }

    /// <summary>The first of the certificates whose key is the pinned one, or null.</summary>
    public X509Certificate2? Find(X509Certificate2Collection certificates) => certificates.FirstOrDefault(certificate => PinOf(certificate) == Pin);

    public override string ToString() => Pin + Separator + Bearer;

    private static string PinOf(X509Certificate2 certificate) =>
        PinPrefix + Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private static bool IsPin(string text) =>
        text.StartsWith(PinPrefix, StringComparison.Ordinal) && text.Length == PinPrefix.Length + (2 * SHA256.HashSizeInBytes)
        && text.AsSpan(PinPrefix.Length).IndexOfAnyExcept("0123456789abcdef") < 0;

    private static bool Bearable(string text) => text.AsSpan().IndexOfAnyExcept(Alphabet) < 0;
}
