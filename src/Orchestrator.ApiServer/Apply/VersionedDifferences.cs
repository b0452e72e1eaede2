using Orchestrator.Api;

namespace Orchestrator.ApiServer.Apply;

/// <summary>What a change means to managers that name fields in other versions.</summary>
internal sealed class VersionedDifferences(ApiObject before, ApiObject after, FieldDifference difference, WriteContext context)
{
    private readonly Dictionary<string, FieldDifference?> _byVersion = new(StringComparer.Ordinal) { [context.ApiVersion] = difference };

    private readonly Dictionary<string, FieldSet?> _lost = new(StringComparer.Ordinal);

    /// <summary>The fields that managers of a version lose by the change; null if there is no such version.</summary>
    public FieldSet? Lost(string apiVersion)
    {
        if (!_lost.TryGetValue(apiVersion, out var lost))
        {
            lost = At(apiVersion) is { } found ? context.Reset.Filter(found.Changed.Union(found.Removed)) : null;
            _lost.Add(apiVersion, lost);
        }

        return lost;
    }

    /// <summary>Changed fields as a version names them; null if there is no such version.</summary>
    public FieldSet? Changed(string apiVersion) => At(apiVersion) is { } found ? context.Reset.Filter(found.Changed) : null;

    private FieldDifference? At(string apiVersion)
    {
        if (_byVersion.TryGetValue(apiVersion, out var known))
        {
            return known;
        }

        FieldDifference? found = null;
        if (context.Versions?.Convert(before, apiVersion) is { } old && context.Versions.Convert(after, apiVersion) is { } now)
        {
            found = ValueComparer.Compare(now.Type, old.Object, now.Object);
        }

        _byVersion.Add(apiVersion, found);
        return found;
    }
}
