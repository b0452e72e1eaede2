namespace Orchestrator.Agent.Streaming;

/// <summary>Which streams an exec or attach has.</summary>
internal sealed record RemoteCommandOptions(bool Stdin, bool Stdout, bool Stderr, bool Tty);
