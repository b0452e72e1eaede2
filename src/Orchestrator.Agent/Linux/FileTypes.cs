namespace Orchestrator.Agent.Linux;

/// <summary>What a path is, as the kernel's mode bits say.</summary>
internal enum FileTypes
{
    /// <summary>There is nothing, or it may not be looked at.</summary>
    None = 0,

    CharacterDevice = 0x2000,

    Directory = 0x4000,

    BlockDevice = 0x6000,

    Regular = 0x8000,

    Socket = 0xC000,
}
