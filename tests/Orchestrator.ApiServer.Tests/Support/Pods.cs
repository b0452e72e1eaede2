using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Tests.Support;

/// <summary>Small pods in namespace <c>d</c>.</summary>
internal static class Pods
{
    public static Pod Plain(string name = "p") => new()
    {
        Metadata = new ObjectMeta { Namespace = "d", Name = name },
        Spec = new PodSpec { AutomountServiceAccountToken = false, Containers = [new Container { Name = "c", Image = "i:1" }] },
    };

    public static Pod With(this Pod pod, Func<PodSpec, PodSpec> change) => pod with { Spec = change(pod.Spec) };

    public static Pod WithContainer(this Pod pod, Func<Container, Container> change) => pod with { Spec = pod.Spec with { Containers = [change(pod.Spec.Containers[0])] } };

    public static ApiMap<Quantity> Amounts(params (string Name, string Amount)[] amounts) =>
        ApiMap<Quantity>.From(amounts.Select(static a => KeyValuePair.Create(a.Name, Quantity.Parse(a.Amount))));
}
