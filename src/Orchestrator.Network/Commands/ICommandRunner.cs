namespace Orchestrator.Network.Commands;

/// <summary>Runs the node's own tools: <c>nft</c>, <c>ip</c>, <c>conntrack</c>. The edge between our logic and the kernel.</summary>
internal interface ICommandRunner
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its name, found in the usual directories.</param>
    /// <param name="arguments">Given as they are; no shell sees them.</param>
    /// <param name="input">What it reads on its standard input.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="IOException">The program can't be started, for instance because it is not installed.</exception>
    Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellationToken);
}
