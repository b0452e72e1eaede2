using Orchestrator.Benchmarks.Network;
using Orchestrator.Benchmarks.Storage;

switch (args)
{
    case ["storage"]:
        await StorageBenchmark.RunAsync(Path.GetTempPath());
        return 0;

    case ["storage", var directory]:
        await StorageBenchmark.RunAsync(directory);
        return 0;

    case ["dns"]:
        await DnsBenchmark.RunAsync();
        return 0;

    case ["dns-load", var port]:
        DnsBenchmark.RunLoad(port);
        return 0;

    default:
        Console.Error.WriteLine("what to measure? storage [directory], dns");
        return 1;
}
