namespace Orchestrator.Scheduler.Evaluation;

/// <summary>Reasons for which nodes are refused, each with a small number that fits into a column.</summary>
internal sealed class Verdicts
{
    /// <summary>The node takes the pod.</summary>
    public const int Fits = 0;

    /// <summary>There is no node in the slot.</summary>
    public const int Absent = 1;

    private readonly List<Verdict> _all = [new([], 0, false), new([], 0, true)];
    private readonly Dictionary<(string Text, Plugins Plugin, bool Final), int> _codes = [];

    public Verdicts()
    {
        Unschedulable = Code(Plugins.NodeUnschedulable, isFinal: true, "node(s) were unschedulable");
        Taint = Code(Plugins.TaintToleration, isFinal: true, "node(s) had untolerated taint(s)");
        NodeAffinity = Code(Plugins.NodeAffinity, isFinal: true, "node(s) didn't match Pod's node affinity/selector");
        NodeNotNamed = Code(Plugins.NodeAffinity, isFinal: true, "node(s) didn't satisfy plugin(s) [NodeAffinity]");
        Ports = Code(Plugins.NodePorts, isFinal: false, "node(s) didn't have free ports for the requested pod ports");
        Spread = Code(Plugins.PodTopologySpread, isFinal: false, "node(s) didn't match pod topology spread constraints");
        SpreadLabel = Code(Plugins.PodTopologySpread, isFinal: true, "node(s) didn't match pod topology spread constraints (missing required label)");
        PodAffinity = Code(Plugins.InterPodAffinity, isFinal: true, "node(s) didn't match pod affinity rules");
        PodAntiAffinity = Code(Plugins.InterPodAffinity, isFinal: false, "node(s) didn't match pod anti-affinity rules");
        ExistingAntiAffinity = Code(Plugins.InterPodAffinity, isFinal: false, "node(s) didn't satisfy existing pods anti-affinity rules");
    }

    public int Unschedulable { get; }

    public int Taint { get; }

    public int NodeAffinity { get; }

    public int NodeNotNamed { get; }

    public int Ports { get; }

    public int Spread { get; }

    public int SpreadLabel { get; }

    public int PodAffinity { get; }

    public int PodAntiAffinity { get; }

    public int ExistingAntiAffinity { get; }

    public Verdict this[int code] => _all[code];

    public int Code(Plugins plugin, bool isFinal, string reason)
    {
        if (!_codes.TryGetValue((reason, plugin, isFinal), out var code))
        {
            _codes[(reason, plugin, isFinal)] = code = Add([reason], plugin, isFinal);
        }

        return code;
    }

    public int Code(Plugins plugin, bool isFinal, List<string> reasons)
    {
        var text = string.Join('\n', reasons);
        if (!_codes.TryGetValue((text, plugin, isFinal), out var code))
        {
            _codes[(text, plugin, isFinal)] = code = Add([.. reasons], plugin, isFinal);
        }

        return code;
    }

    private int Add(string[] reasons, Plugins plugin, bool isFinal)
    {
        _all.Add(new(reasons, plugin, isFinal));
        return _all.Count - 1;
    }
}
