namespace Orchestrator.ApiServer.Validation;

/// <summary>What is wrong with a field; upstream's field.ErrorType.</summary>
public enum FieldErrorType
{
    NotFound,
    Required,
    Duplicate,
    Invalid,
    NotSupported,
    Forbidden,
    TooLong,
    TooMany,
    Internal,
    TypeInvalid,
}
