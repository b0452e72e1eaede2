using Orchestrator.Api;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>
/// An OpenAPI v2 document in gnostic's protobuf form (openapi.v2.Document), which clients in Go ask for since it decodes much faster. Made from
/// the JSON tree: what the tree has beyond the known members are vendor extensions, in YAML inside of the protobuf as gnostic keeps them.
/// </summary>
internal static class SwaggerProtobuf
{
    public static byte[] Write(ApiMap<object?> document)
    {
        var output = new ProtobufMessage();
        output.Text(1, document, "swagger");
        output.Nested(2, document, "info", Info);
        output.Nested(8, document, "paths", Paths);
        output.Nested(9, document, "definitions", Schemas);
        output.Each(12, document, "security", Requirement);
        output.Nested(13, document, "securityDefinitions", SecurityDefinitions);
        return output.ToArray();
    }

    private static void Info(ProtobufMessage output, ApiMap<object?> info)
    {
        output.Text(1, info, "title");
        output.Text(2, info, "version");
        output.Text(3, info, "description");
    }

    private static void Paths(ProtobufMessage output, ApiMap<object?> paths) => output.Entries(2, paths, PathItem);

    private static void PathItem(ProtobufMessage output, ApiMap<object?> item)
    {
        output.Nested(2, item, "get", Operation);
        output.Nested(3, item, "put", Operation);
        output.Nested(4, item, "post", Operation);
        output.Nested(5, item, "delete", Operation);
        output.Nested(6, item, "options", Operation);
        output.Nested(7, item, "head", Operation);
        output.Nested(8, item, "patch", Operation);
        output.Each(9, item, "parameters", ParametersItem);
        output.Extensions(10, item);
    }

    private static void Operation(ProtobufMessage output, ApiMap<object?> operation)
    {
        output.Texts(1, operation, "tags");
        output.Text(3, operation, "description");
        output.Text(5, operation, "operationId");
        output.Texts(6, operation, "produces");
        output.Texts(7, operation, "consumes");
        output.Each(8, operation, "parameters", ParametersItem);
        output.Nested(9, operation, "responses", Responses);
        output.Texts(10, operation, "schemes");
        output.Flag(11, operation, "deprecated");
        output.Extensions(13, operation);
    }

    private static void ParametersItem(ProtobufMessage output, ApiMap<object?> parameter) => output.Either(parameter, Parameter);

    private static void Parameter(ProtobufMessage output, ApiMap<object?> parameter)
    {
        switch (parameter.GetValueOrDefault("in"))
        {
            case "body":
                output.Nested(1, parameter, BodyParameter);
                break;
            case "path":
                output.Nested(2, parameter, static (m, p) => m.Nested(4, p, PathParameter));
                break;
            default:
                output.Nested(2, parameter, static (m, p) => m.Nested(3, p, QueryParameter));
                break;
        }
    }

    private static void BodyParameter(ProtobufMessage output, ApiMap<object?> parameter)
    {
        output.Text(1, parameter, "description");
        output.Text(2, parameter, "name");
        output.Text(3, parameter, "in");
        output.Flag(4, parameter, "required");
        output.Nested(5, parameter, "schema", Schema);
    }

    private static void PathParameter(ProtobufMessage output, ApiMap<object?> parameter)
    {
        output.Flag(1, parameter, "required");
        output.Text(2, parameter, "in");
        output.Text(3, parameter, "description");
        output.Text(4, parameter, "name");
        output.Text(5, parameter, "type");
        output.Text(6, parameter, "format");
        output.Flag(19, parameter, "uniqueItems");
    }

    private static void QueryParameter(ProtobufMessage output, ApiMap<object?> parameter)
    {
        output.Flag(1, parameter, "required");
        output.Text(2, parameter, "in");
        output.Text(3, parameter, "description");
        output.Text(4, parameter, "name");
        output.Text(6, parameter, "type");
        output.Text(7, parameter, "format");
        output.Flag(20, parameter, "uniqueItems");
    }

    private static void Responses(ProtobufMessage output, ApiMap<object?> responses) => output.Entries(1, responses, static (m, r) => m.Nested(1, r, Response));

    private static void Response(ProtobufMessage output, ApiMap<object?> response)
    {
        output.Text(1, response, "description");
        output.Nested(2, response, "schema", static (m, s) => m.Nested(1, s, Schema));
    }

    private static void Schemas(ProtobufMessage output, ApiMap<object?> schemas) => output.Entries(1, schemas, Schema);

    private static void Schema(ProtobufMessage output, ApiMap<object?> schema)
    {
        output.Text(1, schema, "$ref");
        output.Text(2, schema, "format");
        output.Text(3, schema, "title");
        output.Text(4, schema, "description");
        if (schema.TryGetValue("default", out var given))
        {
            output.Any(5, given);
        }

        output.Number(6, schema, "multipleOf");
        output.Number(7, schema, "maximum");
        output.Flag(8, schema, "exclusiveMaximum");
        output.Number(9, schema, "minimum");
        output.Flag(10, schema, "exclusiveMinimum");
        output.Integer(11, schema, "maxLength");
        output.Integer(12, schema, "minLength");
        output.Text(13, schema, "pattern");
        output.Integer(14, schema, "maxItems");
        output.Integer(15, schema, "minItems");
        output.Flag(16, schema, "uniqueItems");
        output.Integer(17, schema, "maxProperties");
        output.Integer(18, schema, "minProperties");
        output.Texts(19, schema, "required");
        output.Anys(20, schema, "enum");

        switch (schema.GetValueOrDefault("additionalProperties"))
        {
            case ApiMap<object?> additional:
                output.Nested(21, additional, static (m, s) => m.Nested(1, s, Schema));
                break;
            case bool:
                output.Nested(21, schema, static (m, s) => m.Flag(2, s, "additionalProperties"));
                break;
        }

        if (schema.GetValueOrDefault("type") is string)
        {
            output.Nested(22, schema, static (m, s) => m.Text(1, s, "type"));
        }

        output.Nested(23, schema, "items", static (m, s) => m.Nested(1, s, Schema));
        output.Each(24, schema, "allOf", Schema);
        output.Nested(25, schema, "properties", Schemas);
        output.Extensions(31, schema);
    }

    private static void Requirement(ProtobufMessage output, ApiMap<object?> requirement)
    {
        foreach (var (name, scopes) in requirement)
        {
            output.Named(1, name, JsonTree.Map(("value", scopes)), static (m, v) => m.Texts(1, v, "value"));
        }
    }

    private static void SecurityDefinitions(ProtobufMessage output, ApiMap<object?> definitions) =>
        output.Entries(1, definitions, static (m, d) => m.Nested(2, d, static (k, s) =>
        {
            k.Text(1, s, "type");
            k.Text(2, s, "name");
            k.Text(3, s, "in");
            k.Text(4, s, "description");
        }));
}
