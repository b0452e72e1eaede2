namespace Orchestrator.ApiServer.Machinery;

/// <summary>Texts that quote what was asked for.</summary>
internal static class Markup
{
    /// <summary>Nothing in the text is markup where somebody shows it; quotes stay, as in upstream's answers.</summary>
    public static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
