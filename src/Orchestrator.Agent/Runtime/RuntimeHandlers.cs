namespace Orchestrator.Agent.Runtime;

/// <summary>What the runtime's handlers can do beyond the ordinary, as it last said.</summary>
internal sealed class RuntimeHandlers(IContainerRuntime runtime)
{
    private IReadOnlyDictionary<string, Cri.RuntimeHandlerFeatures>? _byName;

    /// <summary>The abilities of a handler; the empty name is the default one's. Handlers that the runtime does not name can nothing special.</summary>
    public async Task<Cri.RuntimeHandlerFeatures> OfAsync(string handler, CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref _byName) ?? Learn(await runtime.StatusAsync(cancellationToken));
        return known.GetValueOrDefault(handler) ?? new();
    }

    /// <summary>Takes note of what a status says.</summary>
    public IReadOnlyDictionary<string, Cri.RuntimeHandlerFeatures> Learn(Cri.StatusResponse status)
    {
        var known = status.RuntimeHandlers.GroupBy(h => h.Name).ToDictionary(g => g.Key, g => g.First().Features ?? new());
        Volatile.Write(ref _byName, known);
        return known;
    }
}
