namespace Orchestrator.Storage;

/// <summary>Event ids of this project's logs; they stay for good.</summary>
internal static class StorageEvents
{
    public const int WritesRefused = 1;
    public const int CompactionPostponed = 2;
    public const int StoreFailed = 3;
    public const int StoreOpened = 4;
    public const int CheckpointFailed = 5;
    public const int EtcdEndpointLost = 6;
    public const int EtcdConnected = 7;
    public const int EtcdResynchronized = 8;
    public const int EtcdCompactionFailed = 9;
}
