using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>The value that rules judge, and the one before it.</summary>
internal sealed class RuleSubject(object? value, OldValue? old, RuleType type, bool optionalOld) : ICelActivation
{
    private CelValue? _self;
    private CelValue? _oldSelf;

    public bool TryGet(string name, out CelValue found)
    {
        switch (name)
        {
            case RuleCompiler.Self:
                found = _self ??= RuleValues.Of(value, type);
                return true;
            case RuleCompiler.OldSelf when optionalOld:
                found = _oldSelf ??= old is { } known ? CelOptional.Of(RuleValues.Of(known.Value, type)) : CelOptional.None;
                return true;
            case RuleCompiler.OldSelf when old is { } before:
                found = _oldSelf ??= RuleValues.Of(before.Value, type);
                return true;
            default:
                found = default;
                return false;
        }
    }
}
