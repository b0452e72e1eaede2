using System.Text.Json;
using Orchestrator.Network.Commands;

namespace Orchestrator.Network.PodNetwork;

/// <summary>iproute2, the way to the kernel's links, addresses and routes.</summary>
internal sealed class IpCommand(ICommandRunner commands)
{
    /// <summary>Runs <c>ip</c>.</summary>
    /// <exception cref="IOException">It refused; the text says what and why.</exception>
    public async Task RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await commands.RunAsync("ip", arguments, "", cancellationToken);
        if (!result.Succeeded)
        {
            throw new IOException($"ip {string.Join(' ', arguments)}: {result.Error.Trim()}");
        }
    }

    /// <summary>Runs <c>ip</c> where it may as well fail.</summary>
    public async Task<bool> TryRunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        (await commands.RunAsync("ip", arguments, "", cancellationToken)).Succeeded;

    /// <summary>Runs <c>ip -json</c>.</summary>
    /// <returns>The objects it shows; none if it fails, as it does for what is not there.</returns>
    public async Task<IReadOnlyList<JsonElement>> ShowAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await commands.RunAsync("ip", ["-json", .. arguments], "", cancellationToken);
        if (!result.Succeeded || string.IsNullOrWhiteSpace(result.Output))
        {
            return [];
        }

        using var document = JsonDocument.Parse(result.Output);

        // Filters leave empty objects behind in some versions.
        return [.. document.RootElement.EnumerateArray().Where(element => element.EnumerateObject().Any()).Select(element => element.Clone())];
    }
}
