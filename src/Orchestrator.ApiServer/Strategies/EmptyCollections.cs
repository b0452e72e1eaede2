using Orchestrator.Api;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>Removes empty lists and maps, which the stored form does not tell from absent ones.</summary>
internal static class EmptyCollections
{
    public static void Remove(ApiStruct structure)
    {
        var slots = structure.Slots;
        for (var i = 0; i < slots.Length; i++)
        {
            switch (slots[i])
            {
                case IApiList list:
                    if (list.Count == 0)
                    {
                        slots[i] = null;
                    }
                    else if (list.ItemAt(0) is ApiStruct)
                    {
                        for (var j = 0; j < list.Count; j++)
                        {
                            Remove((ApiStruct)list.ItemAt(j)!);
                        }
                    }

                    break;
                case IApiMap { Count: 0 }:
                    slots[i] = null;
                    break;
                case IApiMap map when map.ValueAt(0) is ApiStruct:
                    for (var j = 0; j < map.Count; j++)
                    {
                        Remove((ApiStruct)map.ValueAt(j)!);
                    }

                    break;
                case ApiStruct inner:
                    Remove(inner);
                    break;
            }
        }
    }
}
