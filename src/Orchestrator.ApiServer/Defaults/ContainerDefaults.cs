using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Containers of every sort, their probes and handlers.</summary>
internal static class ContainerDefaults
{
    public static void Container(Container container)
    {
        if (container.ImagePullPolicy.Length == 0)
        {
            container.Set(Api.Core.V1.Container.Fields.ImagePullPolicy, ImageReference.DefaultPullPolicy(container.Image));
        }

        container.Default(Api.Core.V1.Container.Fields.TerminationMessagePath, "/dev/termination-log");
        container.Default(Api.Core.V1.Container.Fields.TerminationMessagePolicy, "File");
        foreach (var port in container.Ports)
        {
            port.Default(ContainerPort.Fields.Protocol, "TCP");
        }

        foreach (var variable in container.Env)
        {
            if (variable.ValueFrom is { } source)
            {
                source.FieldRef?.Default(ObjectFieldSelector.Fields.ApiVersion, "v1");
                source.FileKeyRef?.Default(FileKeySelector.Fields.Optional, false);
            }
        }

        if (container.IsSet(Api.Core.V1.Container.Fields.Resources))
        {
            ResourceLists.Round(container.Resources);
        }

        Probe(container.LivenessProbe);
        Probe(container.ReadinessProbe);
        Probe(container.StartupProbe);
        if (container.Lifecycle is { } lifecycle)
        {
            HttpGet(lifecycle.PostStart?.HttpGet);
            HttpGet(lifecycle.PreStop?.HttpGet);
        }
    }

    private static void Probe(Probe? probe)
    {
        if (probe is null)
        {
            return;
        }

        probe.Default(Api.Core.V1.Probe.Fields.TimeoutSeconds, 1);
        probe.Default(Api.Core.V1.Probe.Fields.PeriodSeconds, 10);
        probe.Default(Api.Core.V1.Probe.Fields.SuccessThreshold, 1);
        probe.Default(Api.Core.V1.Probe.Fields.FailureThreshold, 3);
        HttpGet(probe.HttpGet);
        probe.Grpc?.Default(GRPCAction.Fields.Service, "");
    }

    private static void HttpGet(HTTPGetAction? action)
    {
        action?.Default(HTTPGetAction.Fields.Path, "/");
        action?.Default(HTTPGetAction.Fields.Scheme, "HTTP");
    }
}
