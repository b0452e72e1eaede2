using Orchestrator.Api;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Lets mutating admission policies change objects, one after the other.</summary>
internal sealed class MutatingPolicyAdmission(PolicyIndex index, PolicyScope scope) : IMutatingAdmission
{
    private const long Budget = 10_000_000;

    public string Name => "MutatingAdmissionPolicy";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && !PolicyScope.IsExempt(resource);

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        index.Mutating is { Length: > 0 } policies && attributes.Object is ApiObject ? MutateAsync(policies, attributes, cancellationToken) : default;

    private async ValueTask MutateAsync(BoundPolicy[] policies, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        // Who is concerned, and with which parameters, is settled before anybody changes anything.
        var faults = new List<PolicyFault>();
        var invocations = new List<Invocation>();
        foreach (var bound in policies)
        {
            var policy = bound.Policy.Value;
            if (!scope.Matches(policy.Match, attributes, out var matched))
            {
                continue;
            }

            if (policy.ParamKind is { } kind && !scope.Parameters.IsKnown(kind))
            {
                if (!policy.FailsOpen)
                {
                    faults.Add(new($"policy \"{policy.Name}\" denied request: failed to configure policy: failed to find resource referenced by paramKind: '{kind.ApiVersion}, Kind={kind.Kind}'", IsMisconfigured: true));
                }

                continue;
            }

            foreach (var binding in bound.Bindings)
            {
                if (binding.Match is not null && !scope.Matches(binding.Match, attributes, out _))
                {
                    continue;
                }

                var (parameters, fault) = await scope.Parameters.FindAsync(policy.ParamKind, binding.Parameters, attributes.Is("", "namespaces") ? "" : attributes.Namespace, cancellationToken);
                if (fault.Length > 0 && !policy.FailsOpen)
                {
                    faults.Add(new(Worded(policy, binding, $"failed to configure binding: {fault}"), IsMisconfigured: true));
                }

                foreach (var parameter in fault.Length > 0 ? [] : parameters)
                {
                    invocations.Add(new(policy, binding, matched, parameter));
                }
            }
        }

        if (invocations.Count > 0)
        {
            await MutateAsync(invocations, attributes, faults, cancellationToken);
        }

        if (faults.Count > 0)
        {
            throw PolicyDenial.Mutating(attributes, faults);
        }
    }

    private async ValueTask MutateAsync(List<Invocation> invocations, AdmissionAttributes attributes, List<PolicyFault> faults, CancellationToken cancellationToken)
    {
        var memory = attributes.PolicyMemory ??= new ReinvocationMemory();
        memory.Begin(attributes);
        var ns = scope.NamespaceOf(attributes);
        var authorizer = new PolicyAuthorizer(scope.Authorizers, attributes.User);
        foreach (var (policy, binding, matched, parameter) in invocations)
        {
            var id = $"{policy.Name}/{binding.Name}/{parameter?.Metadata.Namespace}/{parameter?.Metadata.Name}";
            var (converted, old) = await scope.Versions.ConvertAsync(attributes, matched, cancellationToken);
            var current = (ApiObject)converted!;
            var activation = new PolicyActivation(attributes, matched, current, old, ns, parameter, authorizer, policy.Variables);
            if (policy.Conditions is { } conditions && !conditions.Hold(activation, out var conditionError))
            {
                if (conditionError.Length > 0)
                {
                    Add(policy, binding, conditionError);
                }

                continue;
            }

            if (attributes.IsReinvocation && !memory.ToRepeat.Contains(id))
            {
                continue;
            }

            var before = current;
            foreach (var mutation in policy.Mutations)
            {
                var budget = Budget;
                var result = activation.Evaluate(mutation.Expression, ref budget);
                if (result.Error.Length > 0)
                {
                    Add(policy, binding, result.Error);
                    continue;
                }

                var mutated = mutation.IsJsonPatch
                    ? ObjectMutation.Patch(current, matched, result.Value, out var why)
                    : ObjectMutation.Merge(current, scope.Versions.TypeOf(current, matched), result.Value, out why);
                if (why.Length > 0)
                {
                    Add(policy, binding, why);
                    continue;
                }

                current = mutated;
                activation.SetObject(current);
            }

            if (!ReferenceEquals(current, before) && !current.Equals(before))
            {
                var result = current.DeepCopy();
                Defaulting.Apply(result);
                await scope.Versions.TakeOverAsync(result, attributes, matched, cancellationToken);
                memory.ObjectChanged();
                attributes.NeedsReinvocation |= !attributes.IsReinvocation;
            }

            if (policy.Repeats)
            {
                memory.Seen.Add(id);
            }
        }

        memory.End(attributes);

        void Add(CompiledPolicy policy, PolicyBinding binding, string message)
        {
            if (!policy.FailsOpen)
            {
                faults.Add(new(Worded(policy, binding, message), IsMisconfigured: false));
            }
        }
    }

    private static string Worded(CompiledPolicy policy, PolicyBinding binding, string message) => $"policy '{policy.Name}' with binding '{binding.Name}' denied request: {message}";

    /// <summary>A policy that is to be asked, under one of its bindings and with one parameter object.</summary>
    private readonly record struct Invocation(CompiledPolicy Policy, PolicyBinding Binding, ResourceInfo Matched, ApiObject? Parameter);
}
