using Grpc.Core;

namespace Orchestrator.Agent.Pods;

/// <summary>Errors of the runtime in the words in which status and events quote them.</summary>
internal static class GoErrors
{
    /// <summary>With code: <c>rpc error: code = NotFound desc = …</c>.</summary>
    public static string Full(RpcException e) => $"rpc error: code = {Name(e.StatusCode)} desc = {e.Status.Detail}";

    /// <summary>The runtime's own text.</summary>
    public static string Text(Exception e) => e is RpcException rpc ? rpc.Status.Detail : e.Message;

    private static string Name(StatusCode code) => code == StatusCode.Cancelled ? "Canceled" : code.ToString();
}
