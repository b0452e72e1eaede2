using System.Collections.Concurrent;
using Orchestrator.Agent.Pods;
using Orchestrator.Api.Authentication.V1;

namespace Orchestrator.Agent.Volumes;

/// <summary>Tokens of service accounts for pods, renewed when four fifths of their life, or a day, are over.</summary>
internal sealed class TokenCache(INodeApi api, TimeProvider time)
{
    private static readonly TimeSpan AgeMax = TimeSpan.FromHours(24);
    private readonly ConcurrentDictionary<(string Uid, string Audience, long Seconds), (string Token, DateTimeOffset RenewAt)> _tokens = new();

    /// <summary>A token bound to a pod.</summary>
    public async Task<string> GetAsync(Pod pod, string audience, long seconds, CancellationToken cancellationToken)
    {
        var key = (pod.Metadata.Uid, audience, seconds);
        var now = time.GetUtcNow();
        if (_tokens.TryGetValue(key, out var known) && now < known.RenewAt)
        {
            return known.Token;
        }

        var answer = await api.CreateTokenAsync(
            pod.Metadata.Namespace,
            pod.Spec.ServiceAccountName.Length > 0 ? pod.Spec.ServiceAccountName : "default",
            new TokenRequest
            {
                Spec = new()
                {
                    Audiences = audience.Length > 0 ? [audience] : [],
                    ExpirationSeconds = seconds,
                    BoundObjectRef = new() { ApiVersion = "v1", Kind = "Pod", Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
                },
            },
            cancellationToken);
        var life = (answer.Status.ExpirationTimestamp ?? now + TimeSpan.FromSeconds(seconds)) - now;
        var renewAfter = life * 0.8;
        _tokens[key] = (answer.Status.Token, now + (renewAfter < AgeMax ? renewAfter : AgeMax));
        return answer.Status.Token;
    }

    /// <summary>Forgets the tokens of a pod.</summary>
    public void Forget(string uid)
    {
        foreach (var key in _tokens.Keys.Where(k => k.Uid == uid))
        {
            _tokens.TryRemove(key, out _);
        }
    }
}
