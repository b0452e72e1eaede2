using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.ServiceAccounts;

/// <summary>Every namespace has a ServiceAccount named <c>default</c>.</summary>
internal sealed class ServiceAccountController : QueueController
{
    private const string Default = "default";

    private readonly IInformer<Namespace> _namespaces;
    private readonly IInformer<ServiceAccount> _accounts;

    public ServiceAccountController(ControllerContext context)
        : base("serviceaccount-controller", context, workers: 1)
    {
        _namespaces = context.Informers.Get<Namespace>();
        _namespaces.AddHandler(added: n => Queue.Add(n.Key), updated: (_, n) => Queue.Add(n.Key));
        _accounts = context.Informers.Get<ServiceAccount>();
        _accounts.AddHandler(deleted: a =>
        {
            if (a.Metadata.Name == Default)
            {
                Queue.Add(new("", a.Metadata.Namespace));
            }
        });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_namespaces.TryGet(key, out var ns) || ns.Status.Phase == "Terminating" || ns.IsBeingDeleted || _accounts.TryGet(new(key.Name, Default), out _))
        {
            return ReconcileResult.Done;
        }

        var created = await Client.CreateAsync(new ServiceAccount { Metadata = new() { Namespace = key.Name, Name = Default } }, cancellationToken);
        return created.IsOk || created.IsAlreadyExists || created.IsNamespaceTerminating || created.IsNotFound ? ReconcileResult.Done : created.Error;
    }
}
