using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Cel;
using Orchestrator.Cel.Library;

namespace Orchestrator.Scheduler.Devices;

/// <summary>Asks devices whether expressions choose them. Used by one thread at a time.</summary>
internal sealed class DeviceSelectors
{
    // Expressions are those of classes and templates: few, and the same ones again and again.
    private const int ProgramsMax = 1024;

    private readonly Dictionary<string, CelProgram> _programs = new(StringComparer.Ordinal);

    /// <summary>Whether all expressions choose a device.</summary>
    /// <exception cref="InvalidOperationException">An expression is wrong, or fails on the device.</exception>
    public bool Choose(ApiList<DeviceSelector> selectors, PoolDevice device, string owner)
    {
        for (var i = 0; i < selectors.Count; i++)
        {
            if (selectors[i].Cel is not { } cel)
            {
                // Of a kind that is newer than this program: it must not be taken for fulfilled.
                throw new InvalidOperationException($"{owner}: selector #{i}: CEL expression empty (unsupported selector type?)");
            }

            var result = ProgramOf(cel.Expression, owner, i).Evaluate(device);
            if (result.Failed)
            {
                throw new InvalidOperationException($"{owner}: selector #{i}: runtime error: {result.Error}");
            }

            if (!result.Value.IsTrue)
            {
                return false;
            }
        }

        return true;
    }

    private CelProgram ProgramOf(string expression, string owner, int index)
    {
        if (_programs.TryGetValue(expression, out var known))
        {
            return known;
        }

        var compilation = DeviceLibrary.Environment.Compile(expression);
        if (compilation.Program is not { } program)
        {
            throw new InvalidOperationException($"{owner}: selector #{index}: CEL compile error: {compilation.Failure}");
        }

        if (_programs.Count >= ProgramsMax)
        {
            _programs.Clear();
        }

        return _programs[expression] = program;
    }
}
