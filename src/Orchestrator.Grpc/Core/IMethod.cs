namespace Grpc.Core;

/// <summary>A method of a service, without its message types.</summary>
public interface IMethod
{
    /// <summary>Which sides stream.</summary>
    MethodType Type { get; }

    /// <summary>The full name of the service: package and name.</summary>
    string ServiceName { get; }

    /// <summary>The name of the method within its service.</summary>
    string Name { get; }

    /// <summary>The path of the wire: <c>/service/method</c>.</summary>
    string FullName { get; }
}
