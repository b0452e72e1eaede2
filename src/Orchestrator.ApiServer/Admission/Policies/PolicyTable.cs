namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Policies of one kind and their bindings. Changed by one thread; <see cref="Bound"/> is read by many.</summary>
internal sealed class PolicyTable
{
    private readonly SortedDictionary<string, Lazy<CompiledPolicy>> _policies = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, PolicyBinding> _bindings = new(StringComparer.Ordinal);
    private volatile BoundPolicy[] _bound = [];

    public BoundPolicy[] Bound => _bound;

    public void Put(string name, Func<CompiledPolicy> compile)
    {
        _policies[name] = new Lazy<CompiledPolicy>(compile);
        Publish();
    }

    public void Put(PolicyBinding binding)
    {
        _bindings[binding.Name] = binding;
        Publish();
    }

    public void RemovePolicy(string name)
    {
        _policies.Remove(name);
        Publish();
    }

    public void RemoveBinding(string name)
    {
        _bindings.Remove(name);
        Publish();
    }

    private void Publish() => _bound =
    [
        .. _policies
            .Select(p => new BoundPolicy(p.Value, [.. _bindings.Values.Where(b => b.PolicyName == p.Key)]))
            .Where(p => p.Bindings.Length > 0),
    ];
}
