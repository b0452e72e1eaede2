using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>What holds for a part of a schema because of where it stands.</summary>
internal sealed record SchemaScope
{
    public static SchemaScope Root { get; } = new() { IsRoot = true };

    /// <summary>The schema of the whole object.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Why there may be no defaults here; "" if there may.</summary>
    public string DefaultsForbidden { get; init; } = "";

    /// <summary>Inside of an object's apiVersion, kind or metadata.</summary>
    public bool IsInsideMeta { get; init; }

    /// <summary>Where old and new values can no longer be told to belong together; null where they can.</summary>
    public FieldPath? Uncorrelatable { get; init; }

    public SchemaScope Below => IsRoot ? this with { IsRoot = false } : this;
}
