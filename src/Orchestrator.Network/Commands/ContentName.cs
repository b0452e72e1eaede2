using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Network.Commands;

/// <summary>Names made from content, so that equal names mean equal content.</summary>
internal static class ContentName
{
    /// <summary>Forty bits tell apart the contents that one thing has in the course of time; the thing's own name does the rest.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 5));
}
