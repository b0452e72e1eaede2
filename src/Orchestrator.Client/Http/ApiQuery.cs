using System.Globalization;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>Request options as a query string.</summary>
internal static class ApiQuery
{
    public static string Of(ListOptions? options, bool watch)
    {
        var query = new StringBuilder();
        if (watch)
        {
            Add(query, "watch", "1");
        }

        if (options is not null)
        {
            AddFields(query, options);
        }

        return query.ToString();
    }

    public static string Of(ApiStruct? options, string fieldManager)
    {
        var query = new StringBuilder();
        if (options is not null)
        {
            AddFields(query, options);
        }

        if (fieldManager.Length > 0 && options?.GetField("fieldManager") is null)
        {
            Add(query, "fieldManager", fieldManager);
        }

        return query.ToString();
    }

    private static void AddFields(StringBuilder query, ApiStruct options)
    {
        // The options types have exactly the query parameters as fields.
        foreach (var field in options.TypeSchema.FieldList)
        {
            switch (options.GetSlot(field.Ordinal))
            {
                case null:
                    break;
                case string text when field.Name is not ("kind" or "apiVersion"):
                    Add(query, field.Name, text);
                    break;
                case bool flag:
                    Add(query, field.Name, flag ? "true" : "false");
                    break;
                case long number:
                    Add(query, field.Name, number.ToString(CultureInfo.InvariantCulture));
                    break;
                case ApiList<string> list:
                    foreach (var item in list)
                    {
                        Add(query, field.Name, item);
                    }

                    break;
            }
        }
    }

    private static void Add(StringBuilder query, string name, string value) =>
        query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
}
