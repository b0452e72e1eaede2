using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Types;

/// <summary>A type as the checker sees it, and the value that <c>type(x)</c> gives. Immutable.</summary>
public sealed class CelType : CelReference, IEquatable<CelType>
{
    private const string OptionalName = "optional_type";

    private CelType(CelTypeKind kind, string name, params CelType[] parameters)
    {
        TypeKind = kind;
        Name = name;
        Parameters = parameters;
    }

    public static CelType Dyn { get; } = new(CelTypeKind.Dyn, "dyn");

    /// <summary>Whatever a message may hold: as good as <see cref="Dyn"/> but for loops, which cannot run over it.</summary>
    public static CelType Any { get; } = new(CelTypeKind.Dyn, "any");

    /// <summary>The type of what could not be checked; agrees with everything, so that one fault is told once.</summary>
    public static CelType Error { get; } = new(CelTypeKind.Error, "error");

    public static CelType Null { get; } = new(CelTypeKind.Null, "null_type");

    public static CelType Bool { get; } = new(CelTypeKind.Bool, "bool");

    public static CelType Int { get; } = new(CelTypeKind.Int, "int");

    public static CelType UInt { get; } = new(CelTypeKind.UInt, "uint");

    public static CelType Double { get; } = new(CelTypeKind.Double, "double");

    public static CelType String { get; } = new(CelTypeKind.String, "string");

    public static CelType Bytes { get; } = new(CelTypeKind.Bytes, "bytes");

    public static CelType Duration { get; } = new(CelTypeKind.Duration, "google.protobuf.Duration");

    public static CelType Timestamp { get; } = new(CelTypeKind.Timestamp, "google.protobuf.Timestamp");

    /// <summary>A list of anything; as a value the type of all lists.</summary>
    public static CelType DynList { get; } = List(Dyn);

    /// <summary>A map of anything; as a value the type of all maps.</summary>
    public static CelType DynMap { get; } = Map(Dyn, Dyn);

    /// <summary>The type of types.</summary>
    public static CelType Type { get; } = new(CelTypeKind.Type, "type");

    public CelTypeKind TypeKind { get; }

    /// <summary>The name without parameters, as <c>list</c> or <c>kubernetes.URL</c>.</summary>
    public string Name { get; }

    public IReadOnlyList<CelType> Parameters { get; }

    public override CelKind Kind => CelKind.Type;

    public override CelType RuntimeType => Type;

    public bool IsDyn => TypeKind == CelTypeKind.Dyn;

    public bool IsOptional => TypeKind == CelTypeKind.Opaque && Name == OptionalName;

    internal bool IsDynOrError => TypeKind is CelTypeKind.Dyn or CelTypeKind.Error;

    public static CelType List(CelType element) => new(CelTypeKind.List, "list", element);

    public static CelType Map(CelType key, CelType value) => new(CelTypeKind.Map, "map", key, value);

    /// <summary>An object type whose fields an <see cref="ICelTypeProvider"/> knows.</summary>
    public static CelType Struct(string name) => new(CelTypeKind.Struct, name);

    public static CelType Opaque(string name, params CelType[] parameters) => new(CelTypeKind.Opaque, name, parameters);

    public static CelType Optional(CelType of) => new(CelTypeKind.Opaque, OptionalName, of);

    /// <summary>A variable of types in a function's declaration, as <c>A</c>.</summary>
    public static CelType Param(string name) => new(CelTypeKind.TypeParam, name);

    internal static CelType TypeOf(CelType of) => new(CelTypeKind.Type, "type", of);

    public bool Equals(CelType? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || TypeKind != other.TypeKind || Name != other.Name || Parameters.Count != other.Parameters.Count)
        {
            return false;
        }

        for (var i = 0; i < Parameters.Count; i++)
        {
            if (!Parameters[i].Equals(other.Parameters[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => obj is CelType other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(TypeKind, Name, Parameters.Count);

    /// <summary>As values types are equal by name: <c>type([1]) == list</c>.</summary>
    public override bool ValueEquals(CelReference other) => other is CelType type && type.Name == Name;

    public override int ValueHash() => Name.GetHashCode(StringComparison.Ordinal);

    /// <summary>The form of declarations: <c>map(string, google.protobuf.Timestamp)</c>.</summary>
    public override string ToString() => Parameters.Count == 0 ? Name : $"{Name}({string.Join(", ", Parameters)})";

    /// <summary>The form of the checker's messages: <c>map(string, timestamp)</c>.</summary>
    internal string Display() => TypeKind switch
    {
        CelTypeKind.Error => "!error!",
        CelTypeKind.Null => "null",
        CelTypeKind.Duration => "duration",
        CelTypeKind.Timestamp => "timestamp",
        _ => Parameters.Count == 0 ? Name : $"{Name}({string.Join(", ", Parameters.Select(p => p.Display()))})",
    };

    internal CelType WithParameters(CelType[] parameters) => new(TypeKind, Name, parameters);
}
