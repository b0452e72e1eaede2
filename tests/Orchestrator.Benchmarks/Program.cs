using Orchestrator.Benchmarks.Storage;

switch (args)
{
    case ["storage"]:
        await StorageBenchmark.RunAsync(Path.GetTempPath());
        return 0;

    case ["storage", var directory]:
        await StorageBenchmark.RunAsync(directory);
        return 0;

    default:
        Console.Error.WriteLine("what to measure? storage [directory]");
        return 1;
}
