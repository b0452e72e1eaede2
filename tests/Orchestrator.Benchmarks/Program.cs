using System.Globalization;
using Orchestrator.Benchmarks.Fairness;
using Orchestrator.Benchmarks.Network;
using Orchestrator.Benchmarks.Patch;
using Orchestrator.Benchmarks.Scheduling;
using Orchestrator.Benchmarks.Server;
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

    case ["proxy", var count]:
        await ProxyBenchmark.RunAsync(int.Parse(count, CultureInfo.InvariantCulture));
        return 0;

    case ["dns-load", var port]:
        DnsBenchmark.RunLoad(port);
        return 0;

    case ["scheduling"]:
        SchedulingBenchmark.Run(nodes: 5000, pods: 10000);
        return 0;

    case ["scheduling", var nodes, var pods]:
        SchedulingBenchmark.Run(int.Parse(nodes, CultureInfo.InvariantCulture), int.Parse(pods, CultureInfo.InvariantCulture));
        return 0;

    case ["patch"]:
        PatchBenchmark.Run();
        return 0;

    case ["fairness"]:
        FairnessBenchmark.Run();
        return 0;

    case ["scale"]:
        await ScaleBenchmark.RunAsync(Path.GetTempPath());
        return 0;

    case ["empty-handler", var port]:
        await EmptyHandler.RunAsync(int.Parse(port, CultureInfo.InvariantCulture));
        return 0;

    default:
        Console.Error.WriteLine("what to measure? storage [directory], dns, proxy COUNT, scheduling [nodes pods], patch, fairness, scale, empty-handler PORT");
        return 1;
}
