namespace Orchestrator.ApiServer.Http;

/// <summary>The encoding of an answer.</summary>
internal enum Encoding : byte
{
    Json,
    Yaml,
    Protobuf,
}

/// <summary>What an answer shows of its objects.</summary>
internal enum Transformation : byte
{
    None,
    Table,
    PartialObjectMetadata,
    PartialObjectMetadataList,
}

/// <summary>What the client accepts: encoding, transformation with its version, and whether JSON is indented.</summary>
internal readonly record struct ResponseFormat(Encoding Encoding, Transformation Transformation, string TransformationVersion, bool Pretty)
{
    public static ResponseFormat Json { get; } = new(Encoding.Json, Transformation.None, "v1", false);

    public string ContentType => Encoding switch
    {
        Encoding.Yaml => "application/yaml",
        Encoding.Protobuf => "application/vnd.kubernetes.protobuf",
        _ => "application/json",
    };

    /// <summary>The type of watch streams.</summary>
    public string StreamContentType => Encoding switch
    {
        Encoding.Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
        Encoding.Yaml => "application/yaml",
        _ => "application/json",
    };
}
