namespace Orchestrator.ApiServer.Apply;

/// <summary>Takes its form from the value.</summary>
internal sealed class DeducedType : FieldType;
