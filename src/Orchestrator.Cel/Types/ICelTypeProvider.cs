namespace Orchestrator.Cel.Types;

/// <summary>What the host knows of object types. Asked while an expression is checked; must give the same answers to all callers.</summary>
public interface ICelTypeProvider
{
    /// <summary>Whether a name is an object type's.</summary>
    bool HasStruct(string typeName);

    /// <summary>The type of a field; null if the object type has no such field.</summary>
    CelType? FieldType(string typeName, string fieldName);

    /// <summary>Makes an object from an object literal; null where the host lets expressions make none of that type.</summary>
    /// <param name="typeName">The type's name, checked before.</param>
    /// <param name="fields">Names, which were checked, and values, which were not beyond their declared type.</param>
    Values.CelValue? Construct(string typeName, IReadOnlyList<KeyValuePair<string, Values.CelValue>> fields) => null;
}
