using Microsoft.Extensions.Logging;
using Orchestrator.Controllers.AdmissionPolicies;
using Orchestrator.Controllers.Attachments;
using Orchestrator.Controllers.BootstrapTokens;
using Orchestrator.Controllers.Certificates;
using Orchestrator.Controllers.ClusterDns;
using Orchestrator.Controllers.CronJobs;
using Orchestrator.Controllers.DaemonSets;
using Orchestrator.Controllers.Deployments;
using Orchestrator.Controllers.Disruption;
using Orchestrator.Controllers.EndpointSlices;
using Orchestrator.Controllers.Endpoints;
using Orchestrator.Controllers.GarbageCollection;
using Orchestrator.Controllers.HorizontalAutoscaling;
using Orchestrator.Controllers.Jobs;
using Orchestrator.Controllers.Namespaces;
using Orchestrator.Controllers.Nodes;
using Orchestrator.Controllers.PodGc;
using Orchestrator.Controllers.Quotas;
using Orchestrator.Controllers.Rbac;
using Orchestrator.Controllers.ReplicaSets;
using Orchestrator.Controllers.ReplicationControllers;
using Orchestrator.Controllers.ResourceClaims;
using Orchestrator.Controllers.RootCa;
using Orchestrator.Controllers.ServiceAccounts;
using Orchestrator.Controllers.ServiceCidrs;
using Orchestrator.Controllers.StatefulSets;
using Orchestrator.Controllers.TaintEviction;
using Orchestrator.Controllers.Ttl;
using Orchestrator.Controllers.TtlAfterFinished;
using Orchestrator.Controllers.Volumes;

namespace Orchestrator.Controllers;

/// <summary>All controllers for one term of leadership: made anew each time, so that nothing is carried over from a term long past.</summary>
internal sealed partial class ControllerTerm(ControllerContext context, ILogger<ControllerTerm> logger)
{
    // A controller that ends by an exception is a defect; the others go on, and it is started again after this.
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(5);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var controllers = Make().ToList();
        context.Informers.Start();
        await context.Informers.WaitForSyncAsync(cancellationToken);
        LogStarted(controllers.Count);
        await Task.WhenAll(controllers.Select(c => Task.Run(() => KeepRunningAsync(c, cancellationToken), CancellationToken.None)));
    }

    private IEnumerable<IController> Make()
    {
        foreach (var (name, make) in Factories())
        {
            if (!context.Options.Disabled.Contains(name))
            {
                yield return make(context);
            }
        }
    }

    private IEnumerable<(string Name, Func<ControllerContext, IController> Make)> Factories()
    {
        yield return ("namespace-controller", static c => new NamespaceController(c));
        yield return ("serviceaccount-controller", static c => new ServiceAccountController(c));
        yield return ("garbage-collector-controller", static c => new GarbageCollector(c));
        yield return ("deployment-controller", static c => new DeploymentController(c));
        yield return ("replicaset-controller", static c => new ReplicaSetController(c));
        yield return ("replicationcontroller-controller", static c => new ReplicationControllerController(c));
        yield return ("statefulset-controller", static c => new StatefulSetController(c));
        yield return ("daemonset-controller", static c => new DaemonSetController(c));
        yield return ("job-controller", static c => new JobController(c));
        yield return ("ttl-after-finished-controller", static c => new TtlAfterFinishedController(c));
        yield return ("cronjob-controller", static c => new CronJobController(c));
        yield return ("horizontal-pod-autoscaler-controller", static c => new HorizontalPodAutoscalerController(c));
        yield return ("disruption-controller", static c => new DisruptionController(c));
        yield return ("resourcequota-controller", static c => new ResourceQuotaController(c));
        yield return ("persistentvolume-binder-controller", static c => new PersistentVolumeController(c));
        yield return ("persistentvolume-attach-detach-controller", static c => new AttachDetachController(c));
        yield return ("persistentvolume-expander-controller", static c => new VolumeExpansionController(c));
        yield return ("volumeattributesclass-protection-controller", static c => new AttributesClassProtectionController(c));
        yield return ("ephemeral-volume-controller", static c => new EphemeralVolumeController(c));
        yield return ("resourceclaim-controller", static c => new ResourceClaimController(c));
        yield return ("persistentvolumeclaim-protection-controller", static c => new VolumeProtectionController(c));
        yield return ("endpointslice-controller", static c => new EndpointSliceController(c));
        yield return ("endpointslice-mirroring-controller", static c => new EndpointSliceMirroringController(c));
        yield return ("endpoints-controller", static c => new EndpointsController(c));
        yield return ("node-lifecycle-controller", static c => new NodeLifecycleController(c));
        yield return ("taint-eviction-controller", static c => new TaintEvictionController(c));
        yield return ("pod-garbage-collector-controller", static c => new PodGarbageCollector(c));
        yield return ("ttl-controller", static c => new NodeTtlController(c));
        yield return ("clusterrole-aggregation-controller", static c => new ClusterRoleAggregationController(c));
        yield return ("validatingadmissionpolicy-status-controller", static c => new PolicyStatusController(c));
        yield return ("certificatesigningrequest-approving-controller", static c => new CertificateApprover(c));
        yield return ("certificatesigningrequest-cleaner-controller", static c => new CertificateCleaner(c));
        yield return ("service-cidr-controller", static c => new ServiceCidrController(c));
        yield return ("bootstrap-signer-controller", static c => new BootstrapSigner(c));
        yield return ("token-cleaner-controller", static c => new TokenCleaner(c));
        if (context.Options.SignCertificate is not null)
        {
            yield return ("certificatesigningrequest-signing-controller", static c => new CertificateSigner(c));
        }

        if (context.Options.IssueSecretToken is not null)
        {
            yield return ("serviceaccount-token-controller", static c => new TokenSecretController(c));
        }

        if (context.Options.RootCaPem is not null)
        {
            yield return ("root-ca-certificate-publisher-controller", static c => new RootCaPublisher(c));
        }

        if (context.Options.ClusterDns is not null)
        {
            yield return ("cluster-dns-controller", static c => new ClusterDnsController(c));
        }

        if (context.Options.ClusterCidr is not null)
        {
            yield return ("node-ipam-controller", static c => new NodeIpamController(c));
        }
    }

    private async Task KeepRunningAsync(IController controller, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await controller.RunAsync(cancellationToken);
                    return;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogFailed(e, controller.Name);
                }

                await Task.Delay(RestartPause, context.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shut down.
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} controllers run")]
    private partial void LogStarted(int count);

    [LoggerMessage(LogLevel.Error, "{Controller} ended and will be started again")]
    private partial void LogFailed(Exception exception, string controller);
}
