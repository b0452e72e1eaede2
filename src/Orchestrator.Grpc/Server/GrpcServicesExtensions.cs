using Grpc.AspNetCore.Server;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds gRPC to a server.</summary>
public static class GrpcServicesExtensions
{
    /// <summary>Adds what <c>MapGrpcService</c> needs.</summary>
    public static IServiceCollection AddGrpc(this IServiceCollection services) => services.AddGrpc(_ => { });

    /// <summary>Adds what <c>MapGrpcService</c> needs, with settings.</summary>
    public static IServiceCollection AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions) =>
        services.AddRouting().Configure(configureOptions);
}
