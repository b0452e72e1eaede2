using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Is told the methods of a service and maps each to an endpoint that makes the service and calls it.</summary>
internal sealed class EndpointBinder<TService>(
    IEndpointRouteBuilder builder, GrpcServiceOptions options, TimeProvider time, ILogger logger) : ServiceBinderBase
    where TService : class
{
    private static readonly ObjectFactory<TService> CreateService = ActivatorUtilities.CreateFactory<TService>([]);

    private readonly List<IEndpointConventionBuilder> _endpoints = [];
    private string? _serviceName;

    private delegate Task<TResponse> Unary<TRequest, TResponse>(TService service, TRequest request, ServerCallContext context);

    private delegate Task<TResponse> ClientStreaming<TRequest, TResponse>(TService service, IAsyncStreamReader<TRequest> requests, ServerCallContext context);

    private delegate Task ServerStreaming<TRequest, TResponse>(TService service, TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context);

    private delegate Task DuplexStreaming<TRequest, TResponse>(TService service, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = DelegateFor<Unary<TRequest, TResponse>>(method, [typeof(TRequest), typeof(ServerCallContext)]);
        Map(method, async (service, call) =>
        {
            var request = await call.ReadOnlyAsync(method.RequestMarshaller);
            await call.WriteLastAsync(method.ResponseMarshaller, await invoke(service, request, call));
        });
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = DelegateFor<ClientStreaming<TRequest, TResponse>>(method, [typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)]);
        Map(method, async (service, call) =>
            await call.WriteLastAsync(method.ResponseMarshaller, await invoke(service, new RequestStream<TRequest>(call, method.RequestMarshaller), call)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = DelegateFor<ServerStreaming<TRequest, TResponse>>(
            method, [typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)]);
        Map(method, async (service, call) =>
        {
            var request = await call.ReadOnlyAsync(method.RequestMarshaller);
            await invoke(service, request, new ResponseStream<TResponse>(call, method.ResponseMarshaller), call);
        });
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = DelegateFor<DuplexStreaming<TRequest, TResponse>>(
            method, [typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)]);
        Map(method, (service, call) => invoke(
            service,
            new RequestStream<TRequest>(call, method.RequestMarshaller),
            new ResponseStream<TResponse>(call, method.ResponseMarshaller),
            call));
    }

    /// <summary>Answers every other method of the service with Unimplemented.</summary>
    public IEndpointConventionBuilder Complete()
    {
        if (_serviceName is not null)
        {
            _endpoints.Add(builder
                .MapPost($"/{_serviceName}/{{unimplementedMethod}}", context =>
                    ServerCall.RunAsync(context, options, time, logger, call => throw new RpcException(
                        new Status(StatusCode.Unimplemented, $"The service has no method {context.Request.Path}."))))
                .WithDisplayName($"gRPC - {_serviceName} - unimplemented"));
        }

        return new EndpointConventions(_endpoints);
    }

    private static TDelegate DelegateFor<TDelegate>(IMethod method, Type[] parameters)
        where TDelegate : Delegate
    {
        var implementation = typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no method {method.Name} for {method.FullName}.");
        return implementation.CreateDelegate<TDelegate>();
    }

    private void Map(IMethod method, Func<TService, ServerCall, Task> serve)
    {
        _serviceName = method.ServiceName;
        _endpoints.Add(builder
            .MapPost(method.FullName, context => ServerCall.RunAsync(context, options, time, logger, async call =>
            {
                var registered = context.RequestServices.GetService<TService>();
                var service = registered ?? CreateService(context.RequestServices, []);
                try
                {
                    await serve(service, call);
                }
                finally
                {
                    if (registered is null)
                    {
                        await DisposeAsync(service);
                    }
                }
            }))
            .WithDisplayName($"gRPC - {method.FullName}")
            .WithMetadata(method));
    }

    private static async ValueTask DisposeAsync(TService service)
    {
        if (service is IAsyncDisposable asyncDisposable)
        {
            await asyncDisposable.DisposeAsync();
        }
        else
        {
            (service as IDisposable)?.Dispose();
        }
    }
}
