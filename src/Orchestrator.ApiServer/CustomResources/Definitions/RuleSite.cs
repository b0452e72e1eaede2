using Orchestrator.Api.ApiExtensions.V1;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>A place in a schema as validation rules see it: how often a rule there may run for one object bounds what it may cost.</summary>
internal sealed class RuleSite
{
    private RuleSite(JSONSchemaProps schema, RuleSite? parent, bool isRoot, bool isUnchanged, ulong? cardinality)
    {
        (Schema, IsRoot, IsUnchanged, Cardinality) = (schema, isRoot, isUnchanged, cardinality);
        Costs = parent?.Costs ?? new RuleCosts();
    }

    public JSONSchemaProps Schema { get; }

    public bool IsRoot { get; }

    /// <summary>The whole schema is as it was before: what one rule costs is not held against it.</summary>
    public bool IsUnchanged { get; }

    /// <summary>How many values of this place one object can have; null when nothing bounds it.</summary>
    public ulong? Cardinality { get; }

    /// <summary>Of the whole schema.</summary>
    public RuleCosts Costs { get; }

    public static RuleSite Root(JSONSchemaProps schema, bool isUnchanged) => new(schema, null, isRoot: true, isUnchanged, 1);

    public RuleSite? Property(string name) => Schema.Properties.GetValueOrDefault(name) is { } property ? new(property, this, false, IsUnchanged, Cardinality) : null;

    public RuleSite? Items() => Schema.Items?.Schema is { } items ? new(items, this, false, IsUnchanged, Times(Schema.MaxItems)) : null;

    public RuleSite? Values() => Schema.AdditionalProperties?.Schema is { } values ? new(values, this, false, IsUnchanged, Times(Schema.MaxProperties)) : null;

    private ulong? Times(long? max) => Cardinality is { } own && max is { } bound ? RuleCosts.Multiply(own, (ulong)Math.Max(bound, 0)) : null;
}
