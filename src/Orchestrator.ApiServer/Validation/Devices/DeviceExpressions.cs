using Orchestrator.Cel;
using Orchestrator.Cel.Costs;
using Orchestrator.Cel.Library;
using Orchestrator.Cel.Types;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>The expressions by which classes and claims choose devices.</summary>
internal static class DeviceExpressions
{
    private const ulong CostMax = 1_000_000;

    /// <summary>Why an expression chooses nothing; "" if it is fine.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="isTooComplex">Whether it may cost more than it should, which only one that is fine can.</param>
    public static string Fault(string expression, out bool isTooComplex)
    {
        isTooComplex = false;
        var compilation = DeviceLibrary.Environment.Compile(expression);
        if (!compilation.Succeeded)
        {
            return compilation.Failure;
        }

        if (compilation.ResultType.TypeKind is not (CelTypeKind.Bool or CelTypeKind.Dyn))
        {
            return $"must evaluate to bool or the unknown type, not {compilation.ResultType}";
        }

        isTooComplex = compilation.EstimateCost(DeviceSizes.Instance).Max > CostMax;
        return "";
    }

    /// <summary>What a device can hold: 32 attributes and capacities, names and values of limited length.</summary>
    private sealed class DeviceSizes : ICelSizeEstimator
    {
        private const ulong DomainMax = 63;
        private const ulong NameMax = 32;
        private const ulong EntriesMax = 32;
        private const ulong ValueMax = 64;

        public static readonly DeviceSizes Instance = new();

        public CostRange? EstimateSize(CostNode node)
        {
            if (node.Path is not { Count: > 0 } path || path[0] != DeviceLibrary.Device)
            {
                return null;
            }

            var steps = path.Skip(1).ToArray();
            ulong? max = steps switch
            {
                [] => 0,
                ["driver"] => DomainMax,
                ["allowMultipleAllocations"] => 0,
                ["attributes" or "capacity"] => EntriesMax,
                ["attributes" or "capacity", "@keys"] => DomainMax,
                ["attributes" or "capacity", "@items" or "@values"] => EntriesMax,
                ["attributes" or "capacity", "@items" or "@values", "@keys"] => NameMax,
                ["attributes", "@items" or "@values", ..] when steps.Length == 3 => ValueMax,
                ["capacity", "@items" or "@values", "@items" or "@values"] => 0,
                _ => null,
            };
            return max is { } known ? new CostRange(0, known) : null;
        }
    }
}
