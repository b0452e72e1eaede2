namespace Orchestrator.Images;

/// <summary>A file, a directory or a symbolic link in an image's layer.</summary>
/// <param name="Path">Relative to the image's root, without a leading slash.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Content">A file's bytes; null otherwise.</param>
/// <param name="LinkTarget">A symbolic link's target; null otherwise.</param>
internal sealed record LayerEntry(string Path, UnixFileMode Mode, byte[]? Content = null, string? LinkTarget = null)
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode RunnableByAll = ReadableByAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static LayerEntry Program(string path, byte[] content) => new(path, RunnableByAll, content);

    public static LayerEntry File(string path, string text) => new(path, ReadableByAll, System.Text.Encoding.UTF8.GetBytes(text));

    public static LayerEntry Directory(string path, UnixFileMode mode = RunnableByAll) => new(path, mode);

    public static LayerEntry Link(string path, string target) => new(path, RunnableByAll, LinkTarget: target);
}
