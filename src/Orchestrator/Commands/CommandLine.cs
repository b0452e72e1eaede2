using System.CommandLine;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary>The program's commands, and how they end: 0 done, 1 failed, 2 misused; an error is one line on standard error.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("Kubernetes in one program")
        {
            RunCommand.Server(),
            RunCommand.Agent(),
            RunCommand.Up(),
            ApplyCommand.Create(),
            GetCommand.Create(),
            WaitCommand.Create(),
            TokenCommand.Create(),
            ImageCommand.Create(),
        };
        var parsed = root.Parse(arguments);
        if (parsed.Errors is [var error, ..])
        {
            return Fail(2, Describe(parsed) ?? error.Message, $"; see {CommandPath(parsed)} --help");
        }

        try
        {
            // Commands that run until they are stopped see to the signals themselves; the others may just end.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (SettingException e)
        {
            return Fail(1, e.Message);
        }
    }

    private static string? Describe(ParseResult parsed) => parsed.UnmatchedTokens is not [var unknown, ..]
        ? null
        : unknown.StartsWith('-') ? $"unknown flag {unknown}" : $"unknown command or argument '{unknown}'";

    private static string CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? result = parsed.CommandResult; result is System.CommandLine.Parsing.CommandResult command; result = result.Parent)
        {
            names.Push(command.Command is RootCommand ? "orchestrator" : command.Command.Name);
        }

        return string.Join(' ', names);
    }

    private static int Fail(int code, string message, string hint = "")
    {
        Console.Error.WriteLine($"orchestrator: {message}{hint}");
        return code;
    }
}
