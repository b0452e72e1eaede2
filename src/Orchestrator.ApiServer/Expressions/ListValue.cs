using Orchestrator.Api;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Expressions;

/// <summary>A list of the API or of a JSON tree.</summary>
internal sealed class ListValue(IApiList list) : CelList
{
    public override int Count => list.Count;

    public override CelValue this[int index] => ApiValues.Of(list.ItemAt(index));
}
