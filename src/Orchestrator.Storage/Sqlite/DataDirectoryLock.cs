using System.Globalization;

namespace Orchestrator.Storage.Sqlite;

/// <summary>Keeps a second process (or a second store in this one) away from a data directory. The kernel releases it when the process dies.</summary>
internal sealed class DataDirectoryLock : IDisposable
{
    // What flock answers when somebody else holds it; .NET passes it on as the exception's code.
    private const int WouldBlock = 11;

    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file)
    {
        _file = file;
    }

    /// <exception cref="StoreInUseException">Another store holds it.</exception>
    public static DataDirectoryLock Acquire(string directory)
    {
        var path = Path.Combine(directory, "lock");
        FileStream file;
        try
        {
            // On Unix, FileShare.None is flock(LOCK_EX | LOCK_NB).
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            throw new StoreInUseException($"the data directory {directory} is in use by {HolderOf(directory)}; stop that first, or use another directory", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"cannot lock the data directory {directory}: {exception.Message}", exception);
        }

        // In a file of its own: .NET asks for a lock even to read, so the locked one cannot be read by whom it keeps out.
        File.WriteAllText(OwnerOf(directory), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new(file);
    }

    public void Dispose() => _file.Dispose();

    private static string OwnerOf(string directory) => Path.Combine(directory, "owner");

    private static string HolderOf(string directory)
    {
        try
        {
            return $"process {File.ReadAllText(OwnerOf(directory))}";
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
