using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class NamespaceStrategy : ObjectStrategy<Namespace>
{
    private const string Finalizer = "kubernetes";

    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.DnsLabel;

    protected override void Prepare(Namespace obj, StrategyContext context)
    {
        obj.Set(Namespace.Fields.Status, new NamespaceStatus { Phase = "Active" });
        var spec = obj.Own<NamespaceSpec>(Namespace.Fields.Spec);
        if (!spec.Finalizers.Contains(Finalizer))
        {
            spec.Set(NamespaceSpec.Fields.Finalizers, spec.Finalizers.Append(Finalizer).ToApiList());
        }
    }

    protected override void PrepareUpdate(Namespace obj, Namespace old, StrategyContext context) => obj.Slots[SpecSlot] = old.Slots[SpecSlot];

    protected override void Check(Namespace obj, FieldErrorList errors) => Finalizers(obj, static (list, _) => list, errors);

    /// <param name="ns">What is checked.</param>
    /// <param name="pathOf">The path that a fault of the entry at an index is told for.</param>
    /// <param name="errors">Takes the faults.</param>
    public static void Finalizers(Namespace ns, Func<FieldPath, int, FieldPath> pathOf, FieldErrorList errors)
    {
        var list = FieldPath.Spec.Child("finalizers");
        for (var i = 0; i < ns.Spec.Finalizers.Count; i++)
        {
            var finalizer = ns.Spec.Finalizers[i];
            errors.InvalidEach(pathOf(list, i), finalizer, Formats.QualifiedName(finalizer));
            if (!MetadataValidator.IsStandardFinalizer(finalizer))
            {
                errors.Invalid(pathOf(list, i), finalizer, "name is neither a standard finalizer name nor is it fully qualified");
            }
        }
    }
}
