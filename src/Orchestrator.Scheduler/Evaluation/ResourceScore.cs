using Orchestrator.Scheduler.Nodes;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Evaluation;

/// <summary>The two scores that compare CPU and memory: most left over, and evenly used. Whole numbers from 0 to 100, as upstream rounds them.</summary>
internal static class ResourceScore
{
    public const int Max = 100;

    /// <summary>The mean of the parts that stay free with the pod.</summary>
    public static int LeastAllocated(NodeTable nodes, int slot, PodRequest request)
    {
        long sum = 0;
        var count = 0;
        Add(nodes.AllocatableCpu[slot], nodes.ScoredCpu[slot] + request.ScoredCpu);
        Add(nodes.AllocatableMemory[slot], nodes.ScoredMemory[slot] + request.ScoredMemory);
        return count == 0 ? 0 : (int)(sum / count);

        void Add(long allocatable, long requested)
        {
            if (allocatable == 0)
            {
                return;
            }

            count++;
            if (requested <= allocatable)
            {
                sum += (allocatable - requested) * Max / allocatable;
            }
        }
    }

    /// <summary>50 to 100: whether the pod makes the use of CPU and memory more or less even. Pods that ask for neither do not care.</summary>
    public static int Balanced(NodeTable nodes, int slot, PodRequest request)
    {
        if (request.Cpu == 0 && request.Memory == 0)
        {
            return 0;
        }

        var with = Evenness(nodes, slot, request.Cpu, request.Memory);
        var without = Evenness(nodes, slot, 0, 0);
        return (Max / 2) + (((Max / 2) + with - without) / 2);
    }

    private static int Evenness(NodeTable nodes, int slot, long cpu, long memory)
    {
        var allocatableCpu = nodes.AllocatableCpu[slot];
        var allocatableMemory = nodes.AllocatableMemory[slot];
        if (allocatableCpu == 0 || allocatableMemory == 0)
        {
            return Max;
        }

        var cpuPart = Math.Min((double)(nodes.RequestedCpu[slot] + cpu) / allocatableCpu, 1);
        var memoryPart = Math.Min((double)(nodes.RequestedMemory[slot] + memory) / allocatableMemory, 1);
        return (int)((1 - Math.Abs((cpuPart - memoryPart) / 2)) * Max);
    }
}
