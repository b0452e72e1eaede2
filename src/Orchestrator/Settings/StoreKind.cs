namespace Orchestrator.Settings;

internal enum StoreKind
{
    Sqlite,
    Etcd,
}
