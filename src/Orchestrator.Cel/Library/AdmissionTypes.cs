using System.Collections.Frozen;
using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Library;

/// <summary>What expressions about admission may speak of: <c>object</c>, <c>request</c>, <c>namespaceObject</c>, <c>variables</c> and the authorizer.</summary>
public sealed class AdmissionTypes : ICelTypeProvider
{
    private const string Prefix = "kubernetes.";
    private const string VariablesName = Prefix + "variables";

    private static readonly FrozenDictionary<string, FrozenDictionary<string, CelType>> All = new Dictionary<string, FrozenDictionary<string, CelType>>
    {
        [Prefix + "AdmissionRequest"] = Fields(
            ("kind", Struct("GroupVersionKind")),
            ("resource", Struct("GroupVersionResource")),
            ("subResource", CelType.String),
            ("requestKind", Struct("GroupVersionKind")),
            ("requestResource", Struct("GroupVersionResource")),
            ("requestSubResource", CelType.String),
            ("name", CelType.String),
            ("namespace", CelType.String),
            ("operation", CelType.String),
            ("userInfo", Struct("UserInfo")),
            ("dryRun", CelType.Bool),
            ("options", CelType.Dyn)),
        [Prefix + "GroupVersionKind"] = Fields(("group", CelType.String), ("version", CelType.String), ("kind", CelType.String)),
        [Prefix + "GroupVersionResource"] = Fields(("group", CelType.String), ("version", CelType.String), ("resource", CelType.String)),
        [Prefix + "UserInfo"] = Fields(
            ("username", CelType.String),
            ("uid", CelType.String),
            ("groups", CelType.List(CelType.String)),
            ("extra", CelType.Map(CelType.String, CelType.List(CelType.String)))),
        [Prefix + "Namespace"] = Fields(("metadata", Struct("NamespaceMetadata")), ("spec", Struct("NamespaceSpec")), ("status", Struct("NamespaceStatus"))),
        [Prefix + "NamespaceMetadata"] = Fields(
            ("name", CelType.String),
            ("generateName", CelType.String),
            ("namespace", CelType.String),
            ("labels", CelType.Map(CelType.String, CelType.String)),
            ("annotations", CelType.Map(CelType.String, CelType.String)),
            ("UID", CelType.String),
            ("creationTimestamp", CelType.Timestamp),
            ("deletionGracePeriodSeconds", CelType.Int),
            ("deletionTimestamp", CelType.Timestamp),
            ("generation", CelType.Int),
            ("resourceVersion", CelType.String),
            ("finalizers", CelType.List(CelType.String))),
        [Prefix + "NamespaceSpec"] = Fields(("finalizers", CelType.List(CelType.String))),
        [Prefix + "NamespaceStatus"] = Fields(("phase", CelType.String)),
    }.ToFrozenDictionary();

    private AdmissionTypes()
    {
    }

    private static AdmissionTypes Instance { get; } = new();

    /// <summary>Adds the variables of admission to an environment.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="objectType">The type of <c>object</c> and <c>oldObject</c>.</param>
    /// <param name="authorizer">Whether expressions may ask the authorizer.</param>
    public static CelEnvironment Declare(CelEnvironment environment, CelType objectType, bool authorizer)
    {
        environment = environment.WithTypes(Instance).WithVariables(
            KeyValuePair.Create("object", objectType),
            KeyValuePair.Create("oldObject", objectType),
            KeyValuePair.Create("request", Struct("AdmissionRequest")),
            KeyValuePair.Create("namespaceObject", Struct("Namespace")));
        return !authorizer ? environment : environment.WithVariables(
            KeyValuePair.Create("authorizer", CelAuthorizerCheck.AuthorizerType),
            KeyValuePair.Create("authorizer.requestResource", CelAuthorizerCheck.ResourceCheckType));
    }

    /// <summary>Adds <c>variables</c> with the fields given to an environment.</summary>
    public static CelEnvironment DeclareVariables(CelEnvironment environment, IReadOnlyDictionary<string, CelType> variables) =>
        environment.WithTypes(new VariableTypes(new Dictionary<string, CelType>(variables))).WithVariable("variables", CelType.Struct(VariablesName));

    public bool HasStruct(string typeName) => All.ContainsKey(typeName);

    public CelType? FieldType(string typeName, string fieldName) => All[typeName].GetValueOrDefault(fieldName);

    private static CelType Struct(string name) => CelType.Struct(Prefix + name);

    private static FrozenDictionary<string, CelType> Fields(params (string Name, CelType Type)[] fields) => fields.ToFrozenDictionary(f => f.Name, f => f.Type);

    private sealed class VariableTypes(Dictionary<string, CelType> fields) : ICelTypeProvider
    {
        public bool HasStruct(string typeName) => typeName == VariablesName;

        public CelType? FieldType(string typeName, string fieldName) => fields.GetValueOrDefault(fieldName);
    }
}
