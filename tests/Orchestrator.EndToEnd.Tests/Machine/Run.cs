namespace Orchestrator.EndToEnd.Tests.Machine;

/// <summary>How a program ended.</summary>
public sealed record Run(string Command, int ExitCode, string Output, string Errors)
{
    /// <summary>The output without the line end, if the program succeeded; fails the test with the program's words otherwise.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"{Command}\nended with {ExitCode}\n{Output}{Errors}");
        return Output.TrimEnd('\n');
    }

    /// <summary>What it wrote to standard error, if the program failed.</summary>
    public string Failed()
    {
        Assert.True(ExitCode != 0, $"{Command}\nsucceeded, against expectation\n{Output}{Errors}");
        return Errors.TrimEnd('\n');
    }
}
