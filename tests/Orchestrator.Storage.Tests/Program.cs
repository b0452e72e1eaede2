using Orchestrator.Storage.Tests.Sqlite;

// The crash test starts this executable a second time, as the process that is killed.
return args is [CrashChild.Switch, var directory]
    ? await CrashChild.RunAsync(directory)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
