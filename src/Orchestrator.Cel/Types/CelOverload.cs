using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Types;

/// <summary>One signature of a function, and what it does.</summary>
public sealed class CelOverload
{
    /// <summary>The overload's name, by which costs know it.</summary>
    public required string Id { get; init; }

    /// <summary>Types of the arguments; of a member function the target comes first.</summary>
    public required CelType[] Arguments { get; init; }

    public required CelType Result { get; init; }

    public bool IsMember { get; init; }

    /// <summary>Whether lists of other elements than declared are taken at run time.</summary>
    public bool TakesAnyElement { get; init; }

    /// <summary>The body. Arguments are never errors, and have the declared kinds.</summary>
    public required Func<CelValue[], CelValue> Body { get; init; }

    /// <summary>Whether values at run time fit the signature; dynamic values are only known then.</summary>
    internal bool Fits(CelValue[] arguments)
    {
        if (arguments.Length != Arguments.Length)
        {
            return false;
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            if (!Fits(Arguments[i], arguments[i]) && !(TakesAnyElement && arguments[i].Kind == CelKind.List))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Fits(CelType declared, in CelValue value) => declared.TypeKind switch
    {
        CelTypeKind.Dyn or CelTypeKind.TypeParam => true,
        CelTypeKind.Null => value.IsNull,
        CelTypeKind.Bool => value.IsBool,
        CelTypeKind.Int => value.IsInt,
        CelTypeKind.UInt => value.Kind == CelKind.UInt,
        CelTypeKind.Double => value.Kind == CelKind.Double,
        CelTypeKind.String => value.IsString,
        CelTypeKind.Bytes => value.Kind == CelKind.Bytes,
        CelTypeKind.Duration => value.Kind == CelKind.Duration,
        CelTypeKind.Timestamp => value.Kind == CelKind.Timestamp,
        CelTypeKind.List => value.Kind == CelKind.List && FitsElement(declared.Parameters[0], value.AsList),
        CelTypeKind.Map => value.Kind == CelKind.Map,
        CelTypeKind.Type => value.Kind == CelKind.Type,
        CelTypeKind.Opaque when declared.IsOptional => value.Kind == CelKind.Optional,
        // Hosts' objects are maps; those of Kubernetes' own libraries are not.
        CelTypeKind.Struct when value.Kind == CelKind.Map => !Library.KubernetesLibrary.IsOwn(declared),
        _ => value.Reference is { } reference && reference.RuntimeType.Name == declared.Name,
    };

    // Of a list the first element tells, as upstream has it.
    private static bool FitsElement(CelType declared, CelList list) => list.Count == 0 || Fits(declared, list[0]);
}
