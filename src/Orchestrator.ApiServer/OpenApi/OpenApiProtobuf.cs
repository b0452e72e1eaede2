using Orchestrator.Api;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>An OpenAPI v3 document in gnostic's protobuf form (openapi.v3.Document), made from the JSON tree.</summary>
internal static class OpenApiProtobuf
{
    public static byte[] Write(ApiMap<object?> document)
    {
        var output = new ProtobufMessage();
        output.Text(1, document, "openapi");
        output.Nested(2, document, "info", Info);
        output.Nested(4, document, "paths", Paths);
        output.Nested(5, document, "components", Components);
        return output.ToArray();
    }

    private static void Info(ProtobufMessage output, ApiMap<object?> info)
    {
        output.Text(1, info, "title");
        output.Text(2, info, "description");
        output.Text(6, info, "version");
    }

    private static void Paths(ProtobufMessage output, ApiMap<object?> paths) => output.Entries(1, paths, PathItem);

    private static void PathItem(ProtobufMessage output, ApiMap<object?> item)
    {
        output.Text(3, item, "description");
        output.Nested(4, item, "get", Operation);
        output.Nested(5, item, "put", Operation);
        output.Nested(6, item, "post", Operation);
        output.Nested(7, item, "delete", Operation);
        output.Nested(8, item, "options", Operation);
        output.Nested(9, item, "head", Operation);
        output.Nested(10, item, "patch", Operation);
        output.Each(13, item, "parameters", static (m, p) => m.Either(p, Parameter));
        output.Extensions(14, item);
    }

    private static void Operation(ProtobufMessage output, ApiMap<object?> operation)
    {
        output.Texts(1, operation, "tags");
        output.Text(2, operation, "summary");
        output.Text(3, operation, "description");
        output.Text(5, operation, "operationId");
        output.Each(6, operation, "parameters", static (m, p) => m.Either(p, Parameter));
        output.Nested(7, operation, "requestBody", static (m, b) => m.Either(b, RequestBody));
        output.Nested(8, operation, "responses", Responses);
        output.Flag(10, operation, "deprecated");
        output.Extensions(13, operation);
    }

    private static void Parameter(ProtobufMessage output, ApiMap<object?> parameter)
    {
        output.Text(1, parameter, "name");
        output.Text(2, parameter, "in");
        output.Text(3, parameter, "description");
        output.Flag(4, parameter, "required");
        output.Nested(10, parameter, "schema", SchemaOrReference);
        output.Extensions(14, parameter);
    }

    private static void RequestBody(ProtobufMessage output, ApiMap<object?> body)
    {
        output.Text(1, body, "description");
        output.Nested(2, body, "content", MediaTypes);
        output.Flag(3, body, "required");
    }

    private static void Responses(ProtobufMessage output, ApiMap<object?> responses)
    {
        output.Nested(1, responses, "default", static (m, r) => m.Either(r, Response));
        foreach (var (code, response) in responses)
        {
            if (code != "default")
            {
                output.Named(2, code, (ApiMap<object?>)response!, static (m, r) => m.Either(r, Response));
            }
        }
    }

    private static void Response(ProtobufMessage output, ApiMap<object?> response)
    {
        output.Text(1, response, "description");
        output.Nested(3, response, "content", MediaTypes);
    }

    private static void MediaTypes(ProtobufMessage output, ApiMap<object?> types) => output.Entries(1, types, static (m, t) => m.Nested(1, t, "schema", SchemaOrReference));

    private static void Components(ProtobufMessage output, ApiMap<object?> components)
    {
        output.Nested(1, components, "schemas", Schemas);
        output.Nested(7, components, "securitySchemes", static (m, s) => m.Entries(1, s, static (k, scheme) => k.Either(scheme, SecurityScheme)));
    }

    private static void SecurityScheme(ProtobufMessage output, ApiMap<object?> scheme)
    {
        output.Text(1, scheme, "type");
        output.Text(2, scheme, "description");
        output.Text(3, scheme, "name");
        output.Text(4, scheme, "in");
    }

    private static void Schemas(ProtobufMessage output, ApiMap<object?> schemas) => output.Entries(1, schemas, SchemaOrReference);

    private static void SchemaOrReference(ProtobufMessage output, ApiMap<object?> schema) => output.Either(schema, Schema);

    private static void Schema(ProtobufMessage output, ApiMap<object?> schema)
    {
        output.Flag(1, schema, "nullable");
        output.Text(9, schema, "title");
        output.Number(10, schema, "multipleOf");
        output.Number(11, schema, "maximum");
        output.Flag(12, schema, "exclusiveMaximum");
        output.Number(13, schema, "minimum");
        output.Flag(14, schema, "exclusiveMinimum");
        output.Integer(15, schema, "maxLength");
        output.Integer(16, schema, "minLength");
        output.Text(17, schema, "pattern");
        output.Integer(18, schema, "maxItems");
        output.Integer(19, schema, "minItems");
        output.Flag(20, schema, "uniqueItems");
        output.Integer(21, schema, "maxProperties");
        output.Integer(22, schema, "minProperties");
        output.Texts(23, schema, "required");
        output.Anys(24, schema, "enum");
        output.Text(25, schema, "type");
        output.Each(26, schema, "allOf", SchemaOrReference);
        output.Each(27, schema, "oneOf", SchemaOrReference);
        output.Each(28, schema, "anyOf", SchemaOrReference);
        output.Nested(29, schema, "not", Schema);
        output.Nested(30, schema, "items", static (m, s) => m.Nested(1, s, SchemaOrReference));
        output.Nested(31, schema, "properties", Schemas);
        switch (schema.GetValueOrDefault("additionalProperties"))
        {
            case ApiMap<object?> additional:
                output.Nested(32, additional, static (m, s) => m.Nested(1, s, SchemaOrReference));
                break;
            case bool:
                output.Nested(32, schema, static (m, s) => m.Flag(2, s, "additionalProperties"));
                break;
        }

        // The form knows defaults that are scalars only; upstream drops the others as well.
        if (schema.GetValueOrDefault("default") is long or double or bool or string)
        {
            output.Nested(33, schema, static (m, s) =>
            {
                m.Number(1, s, "default");
                m.Flag(2, s, "default");
                m.Text(3, s, "default");
            });
        }

        output.Text(34, schema, "description");
        output.Text(35, schema, "format");
        output.Extensions(36, schema);
    }
}
