namespace Orchestrator.Network.Dns.Serving;

/// <summary>What became of a query on the synchronous path.</summary>
internal enum DnsVerdict
{
    /// <summary>Not a query; say nothing, or two servers could answer each other's answers for ever.</summary>
    Drop,

    /// <summary>The response is in the buffer.</summary>
    Answered,

    /// <summary>Not ours: ask the servers above.</summary>
    Forward,

    /// <summary>A name of ours that is an alias; its target has to be followed.</summary>
    FollowAlias,
}
