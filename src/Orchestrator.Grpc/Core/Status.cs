namespace Grpc.Core;

/// <summary>How a call ended: a code and, for people, a detail.</summary>
public readonly struct Status(StatusCode statusCode, string? detail, Exception? debugException = null)
{
    /// <summary>Success without a detail.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");

    /// <summary>Cancelled without a detail.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    private readonly string? _detail = detail;

    /// <summary>The code that programs look at.</summary>
    public StatusCode StatusCode { get; } = statusCode;

    /// <summary>The text of the other side, or ours where the call never got there; never null.</summary>
    public string Detail => _detail ?? "";

    /// <summary>The local exception behind the status, if there was one; it never travels.</summary>
    public Exception? DebugException { get; } = debugException;

    /// <inheritdoc/>
    public override string ToString() => $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\")";
}
