using System.Text.Json;

namespace Orchestrator.Network.Commands;

/// <summary>Speaks to the kernel's packet filter through <c>nft</c>: a script is one transaction, which happens wholly or not at all.</summary>
internal sealed class Nftables(ICommandRunner commands)
{
    /// <summary>Applies a script.</summary>
    /// <exception cref="NftablesException">The kernel or nft refused; nothing has changed.</exception>
    public async Task ApplyAsync(string script, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync("nft", ["-f", "-"], script, cancellationToken);
        if (!result.Succeeded)
        {
            throw new NftablesException(result.Error.Trim());
        }
    }

    /// <summary>Asks whether a script would be accepted, without applying it.</summary>
    public async Task<bool> IsAcceptedAsync(string script, CancellationToken cancellationToken) =>
        (await commands.RunAsync("nft", ["-c", "-f", "-"], script, cancellationToken)).Succeeded;

    /// <summary>Runs a list command, such as <c>list chains ip</c>. One at a time: nft 1.0.6 mixes up what it has read when given several.</summary>
    /// <returns>The objects found, or <see langword="null"/> if what was asked for is not there.</returns>
    public async Task<IReadOnlyList<JsonElement>?> ListAsync(string commandLine, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync("nft", ["-j", commandLine], "", cancellationToken);
        if (!result.Succeeded)
        {
            return result.Error.Contains("No such file", StringComparison.Ordinal)
                ? null
                : throw new NftablesException(result.Error.Trim());
        }

        using var document = JsonDocument.Parse(result.Output);
        return [.. document.RootElement.GetProperty("nftables").EnumerateArray().Select(element => element.Clone())];
    }
}
