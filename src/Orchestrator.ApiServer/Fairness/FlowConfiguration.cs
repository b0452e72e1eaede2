using Orchestrator.Api;
using Orchestrator.Api.FlowControl.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>The flow schemas and priority levels in force, kept from the store. Readers take the present set with one reference.</summary>
/// <remarks>
/// The mandatory objects <c>exempt</c> and <c>catch-all</c> hold even while nobody has stored them. A level outlives its object for as long as
/// requests hold its seats, since they hold the level itself.
/// </remarks>
internal sealed class FlowConfiguration : IObjectView
{
    private const string Exempt = "exempt";
    private const string CatchAll = "catch-all";
    private readonly Dictionary<string, FlowSchema> _schemas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PriorityLevelConfiguration> _levels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PriorityLevel> _running = new(StringComparer.Ordinal);
    private readonly int _serverSeats;
    private readonly FairnessInstruments _instruments;
    private readonly TimeProvider _time;
    private volatile FlowSchemaRules[] _inForce = [];

    /// <param name="serverSeats">The seats that all levels share.</param>
    /// <param name="instruments">Metrics.</param>
    /// <param name="time">The clock.</param>
    public FlowConfiguration(int serverSeats, FairnessInstruments instruments, TimeProvider time)
    {
        (_serverSeats, _instruments, _time) = (serverSeats, instruments, time);
        Rebuild();
    }

    /// <summary>Raised with the name of a schema whose standing may have changed: it, or the level that it names, came or went.</summary>
    public event Action<FlowSchema>? SchemaChanged;

    public IReadOnlyList<ResourceInfo> Resources { get; } = [FlowSchema.Resource, PriorityLevelConfiguration.Resource];

    /// <summary>The schemas in the order in which they are tried; the last one takes everything.</summary>
    public FlowSchemaRules[] InForce => _inForce;

    public bool HasLevel(string name)
    {
        lock (_running)
        {
            return _levels.ContainsKey(name);
        }
    }

    /// <summary>The levels, by name.</summary>
    public PriorityLevel[] Levels
    {
        get
        {
            lock (_running)
            {
                return _running.Values.OrderBy(static l => l.Name, StringComparer.Ordinal).ToArray();
            }
        }
    }

    public void Put(ApiObject obj)
    {
        lock (_running)
        {
            _ = obj switch
            {
                FlowSchema schema => (_schemas[schema.Metadata.Name] = schema) is not null,
                PriorityLevelConfiguration level => (_levels[level.Metadata.Name] = level) is not null,
                _ => false,
            };
            Rebuild();
        }

        Tell(obj);
    }

    public void Remove(ApiObject obj)
    {
        lock (_running)
        {
            _ = obj is FlowSchema ? _schemas.Remove(obj.Metadata.Name) : _levels.Remove(obj.Metadata.Name);
            Rebuild();
        }

        if (obj is PriorityLevelConfiguration)
        {
            Tell(obj);
        }
    }

    /// <summary>Lends seats to the levels that want them, by what was wanted since the last time.</summary>
    public void Reallocate()
    {
        var levels = Levels;
        var wishes = new (double Lower, double Upper, double Wanted)[levels.Length];
        for (var i = 0; i < levels.Length; i++)
        {
            var limits = levels[i].Limits;
            var demand = levels[i].TakeDemand();

            // Nobody is pressed below what he needs now, as long as that is his by right.
            wishes[i] = (Math.Max(limits.Lower, Math.Min(limits.Nominal, demand)), limits.Upper, Math.Max(demand, limits.Lower));
        }

        var shared = SeatAllocation.Share(_serverSeats, wishes);
        for (var i = 0; i < levels.Length; i++)
        {
            levels[i].SetLimit(shared[i]);
            _instruments.Limits(levels[i].Name, levels[i].Limits, levels[i].CurrentLimit);
        }
    }

    private void Tell(ApiObject obj)
    {
        if (SchemaChanged is not { } tell)
        {
            return;
        }

        if (obj is FlowSchema schema)
        {
            tell(schema);
            return;
        }

        FlowSchema[] concerned;
        lock (_running)
        {
            concerned = _schemas.Values.Where(s => s.Spec.PriorityLevelConfiguration.Name == obj.Metadata.Name).ToArray();
        }

        foreach (var one in concerned)
        {
            tell(one);
        }
    }

    private void Rebuild()
    {
        var levels = _levels.Values.ToList();
        if (!_levels.ContainsKey(Exempt))
        {
            levels.Add(new PriorityLevelConfiguration { Metadata = new ObjectMeta { Name = Exempt }, Spec = new PriorityLevelConfigurationSpec { Type = "Exempt" } });
        }

        if (!_levels.ContainsKey(CatchAll))
        {
            levels.Add(new PriorityLevelConfiguration
            {
                Metadata = new ObjectMeta { Name = CatchAll },
                Spec = new PriorityLevelConfigurationSpec
                {
                    Type = "Limited",
                    Limited = new LimitedPriorityLevelConfiguration { NominalConcurrencyShares = 5, LimitResponse = new LimitResponse { Type = "Reject" } },
                },
            });
        }

        var sum = levels.Sum(SharesOf);
        foreach (var level in levels)
        {
            if (!_running.TryGetValue(level.Metadata.Name, out var running))
            {
                _running[level.Metadata.Name] = running = new PriorityLevel(level.Metadata.Name, _time);
            }

            var limits = SeatAllocation.Limits(
                _serverSeats,
                SharesOf(level),
                sum,
                (level.Spec.Limited?.LendablePercent ?? level.Spec.Exempt?.LendablePercent) ?? 0,
                level.Spec.Limited?.BorrowingLimitPercent);
            running.Configure(level, limits);
            _instruments.Limits(running.Name, limits, running.CurrentLimit);
        }

        foreach (var gone in _running.Keys.Where(n => levels.TrueForAll(l => l.Metadata.Name != n)).ToArray())
        {
            _running.Remove(gone);
        }

        // A schema whose level does not exist is dangling, and matches nothing.
        var schemas = _schemas.Values.Where(s => _running.ContainsKey(s.Spec.PriorityLevelConfiguration.Name)).ToList();
        if (!_schemas.ContainsKey(Exempt))
        {
            schemas.Add(Mandatory(Exempt, 1, "", "system:masters"));
        }

        if (!_schemas.ContainsKey(CatchAll))
        {
            schemas.Add(Mandatory(CatchAll, 10000, "ByUser", "system:unauthenticated", "system:authenticated"));
        }

        _inForce = schemas
            .OrderBy(static s => s.Spec.MatchingPrecedence).ThenBy(static s => s.Metadata.Name, StringComparer.Ordinal)
            .Select(s => new FlowSchemaRules(s, _running[s.Spec.PriorityLevelConfiguration.Name], _instruments))
            .ToArray();
    }

    private static int SharesOf(PriorityLevelConfiguration level) =>
        (level.Spec.Type == "Exempt" ? level.Spec.Exempt?.NominalConcurrencyShares : level.Spec.Limited?.NominalConcurrencyShares ?? 30) ?? 0;

    private static FlowSchema Mandatory(string name, int precedence, string distinguisher, params string[] groups) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new FlowSchemaSpec
        {
            MatchingPrecedence = precedence,
            PriorityLevelConfiguration = new PriorityLevelConfigurationReference { Name = name },
            DistinguisherMethod = distinguisher.Length > 0 ? new FlowDistinguisherMethod { Type = distinguisher } : null,
            Rules =
            [
                new PolicyRulesWithSubjects
                {
                    Subjects = groups.Select(static g => new Subject { Kind = "Group", Group = new GroupSubject { Name = g } }).ToApiList(),
                    ResourceRules = [new ResourcePolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"], Namespaces = ["*"], ClusterScope = true }],
                    NonResourceRules = [new NonResourcePolicyRule { Verbs = ["*"], NonResourceURLs = ["*"] }],
                },
            ],
        },
    };
}
