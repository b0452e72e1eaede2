namespace Orchestrator.Settings;

/// <summary>Keeps a second program off a data directory for as long as it lives; the kernel lets go when the process ends, however it ends.</summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <summary>Makes the directory if there is none.</summary>
    /// <exception cref="SettingException">The directory cannot be made, read or written, or another program uses it.</exception>
    public static DataDirectoryLock Take(DataDirectory directory)
    {
        try
        {
            Directory.CreateDirectory(directory.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"cannot use the data directory {directory.Path}: {e.Message}");
        }

        try
        {
            var file = new FileStream(directory.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            file.Flush();
            return new(file);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new SettingException($"cannot use the data directory {directory.Path}: {e.Message}");
        }
        catch (IOException) when (File.Exists(directory.LockFile))
        {
            throw new SettingException($"the data directory {directory.Path} is in use by another orchestrator; stop it, or name another with --data-dir");
        }
        catch (IOException e)
        {
            throw new SettingException($"cannot use the data directory {directory.Path}: {e.Message}");
        }
    }

    public void Dispose() => _file.Dispose();
}
