using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>Judges the validation rules of a schema when a definition is written.</summary>
internal interface IRuleValidator
{
    /// <summary>Adds the faults of a schema's own rules.</summary>
    /// <param name="schema">The schema that has the rules.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="scope">What holds there.</param>
    /// <param name="site">The same place with all that bounds the cost of rules; null where rules cannot be.</param>
    /// <param name="errors">Takes the faults of a rule's words.</param>
    /// <param name="ruleErrors">Takes what the compiler says.</param>
    /// <param name="compile">The schema around the rules is fine, so that types can be made of it.</param>
    void Validate(JSONSchemaProps schema, FieldPath path, SchemaScope scope, RuleSite? site, FieldErrorList errors, FieldErrorList ruleErrors, bool compile);

    /// <summary>Adds what the rules of a whole schema break together.</summary>
    /// <param name="root">The root of the schema, whose places were all judged before.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="errors">Takes the faults.</param>
    void Finish(RuleSite root, FieldPath path, FieldErrorList errors);
}
