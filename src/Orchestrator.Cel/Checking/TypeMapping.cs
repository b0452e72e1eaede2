using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Checking;

/// <summary>What type variables stand for, found out while an expression is checked, and the rules by which types agree.</summary>
internal sealed class TypeMapping
{
    private readonly Dictionary<string, CelType> _bound = [];

    // What bindings were before an attempt changed them, so that a failed one can be taken back without copying all that is known.
    private readonly List<(string Variable, CelType? Before)> _changes = [];
    private int _variables;

    public CelType NewVariable() => CelType.Param($"_var{_variables++}");

    /// <summary>Whether a value of one type may stand where another is expected. What is learned about type variables is kept only if so.</summary>
    public bool IsAssignable(CelType from, CelType to) => Keep(Assignable(from, to));

    public bool AreAssignable(IReadOnlyList<CelType> from, IReadOnlyList<CelType> to) => Keep(AllAssignable(from, to));

    /// <summary>A type with its variables replaced; those that stand for nothing become dyn if <paramref name="toDyn"/>.</summary>
    public CelType Substitute(CelType type, bool toDyn = false) => Replaced(type, toDyn);

    /// <summary>A declared type with fresh variables for its parameters.</summary>
    public CelType Instantiate(CelType type, Dictionary<string, CelType> fresh) => type.TypeKind == CelTypeKind.TypeParam
        ? fresh.TryGetValue(type.Name, out var variable) ? variable : fresh[type.Name] = NewVariable()
        : type.Parameters.Count == 0 ? type : type.WithParameters([.. type.Parameters.Select(p => Instantiate(p, fresh))]);

    /// <summary>The one of two agreeing types that holds more.</summary>
    public static CelType MostGeneral(CelType left, CelType right) => IsEqualOrLessSpecific(left, right) ? left : right;

    private CelType Replaced(CelType type, bool toDyn)
    {
        if (type.TypeKind == CelTypeKind.TypeParam)
        {
            return _bound.TryGetValue(type.Name, out var known) ? Replaced(known, toDyn) : toDyn ? CelType.Dyn : type;
        }

        return type.Parameters.Count == 0 ? type : type.WithParameters([.. type.Parameters.Select(p => Replaced(p, toDyn))]);
    }

    private static bool IsEqualOrLessSpecific(CelType left, CelType right)
    {
        if (left.IsDyn || left.TypeKind == CelTypeKind.TypeParam)
        {
            return true;
        }

        if (right.IsDyn || right.TypeKind == CelTypeKind.TypeParam || left.TypeKind != right.TypeKind)
        {
            return false;
        }

        return left.TypeKind switch
        {
            CelTypeKind.Opaque or CelTypeKind.List or CelTypeKind.Map => left.Name == right.Name
                && left.Parameters.Count == right.Parameters.Count
                && left.Parameters.Zip(right.Parameters).All(p => IsEqualOrLessSpecific(p.First, p.Second)),
            CelTypeKind.Type => true,
            _ => left.Equals(right),
        };
    }

    private bool Keep(bool success)
    {
        for (var i = _changes.Count - 1; i >= 0 && !success; i--)
        {
            var (variable, before) = _changes[i];
            if (before is null)
            {
                _bound.Remove(variable);
            }
            else
            {
                _bound[variable] = before;
            }
        }

        _changes.Clear();
        return success;
    }

    private void Bind(string variable, CelType type)
    {
        _changes.Add((variable, _bound.GetValueOrDefault(variable)));
        _bound[variable] = type;
    }

    private bool AllAssignable(IReadOnlyList<CelType> from, IReadOnlyList<CelType> to)
    {
        if (from.Count != to.Count)
        {
            return false;
        }

        for (var i = 0; i < from.Count; i++)
        {
            if (!Assignable(from[i], to[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool Assignable(CelType from, CelType to)
    {
        if (to.TypeKind == CelTypeKind.TypeParam)
        {
            var (valid, known) = TryBind(from, to);
            if (valid)
            {
                return true;
            }

            if (known)
            {
                return false;
            }
        }

        if (from.TypeKind == CelTypeKind.TypeParam)
        {
            return TryBind(to, from).Valid;
        }

        if (from.IsDynOrError || to.IsDynOrError)
        {
            return true;
        }

        if (from.TypeKind == CelTypeKind.Null)
        {
            return TakesNull(to);
        }

        if (to.TypeKind == CelTypeKind.Null)
        {
            return TakesNull(from);
        }

        return from.TypeKind switch
        {
            CelTypeKind.Type => to.TypeKind == CelTypeKind.Type,
            CelTypeKind.Opaque or CelTypeKind.List or CelTypeKind.Map =>
                from.TypeKind == to.TypeKind && from.Name == to.Name && AllAssignable(from.Parameters, to.Parameters),
            _ => from.TypeKind == to.TypeKind && from.Name == to.Name,
        };
    }

    private static bool TakesNull(CelType type) =>
        type.TypeKind is CelTypeKind.Null or CelTypeKind.Opaque or CelTypeKind.Struct or CelTypeKind.Duration or CelTypeKind.Timestamp;

    /// <summary>Lets a variable stand for a type, unless it stands for another that does not agree, or occurs within it.</summary>
    private (bool Valid, bool Known) TryBind(CelType type, CelType variable)
    {
        if (type.Equals(variable))
        {
            return (true, true);
        }

        if (_bound.TryGetValue(variable.Name, out var known))
        {
            if (type.Equals(known))
            {
                return (true, true);
            }

            if (!Assignable(type, known))
            {
                return (false, true);
            }

            var general = MostGeneral(type, known);
            if (!Occurs(variable, general))
            {
                Bind(variable.Name, general);
            }

            return (true, true);
        }

        if (Occurs(variable, type))
        {
            return (false, false);
        }

        Bind(variable.Name, type);
        return (true, false);
    }

    private bool Occurs(CelType variable, CelType within)
    {
        if (within.Equals(variable))
        {
            return true;
        }

        return within.TypeKind == CelTypeKind.TypeParam
            ? _bound.TryGetValue(within.Name, out var known) && Occurs(variable, known)
            : within.Parameters.Any(p => Occurs(variable, p));
    }
}
