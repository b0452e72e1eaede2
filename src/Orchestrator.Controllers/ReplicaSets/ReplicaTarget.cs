using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Selectors;
using Orchestrator.Client;

namespace Orchestrator.Controllers.ReplicaSets;

/// <summary>What a ReplicaSet or a ReplicationController asks for.</summary>
internal readonly record struct ReplicaTarget(int Replicas, int MinReadySeconds, LabelMatcher Selector, PodTemplateSpec Template);
