namespace Orchestrator.Client;

/// <summary>A bearer token that is fixed, or in a file that is looked at again every ten seconds.</summary>
internal sealed class BearerToken(string? token, string? file, TimeProvider time)
{
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(10);

    private string? _token = token;
    private long _readAt;
    private DateTime _stamp;

    public async ValueTask<string?> GetAsync(CancellationToken cancellationToken)
    {
        if (file is null || (_token is not null && time.GetElapsedTime(_readAt) < Trust))
        {
            return _token;
        }

        try
        {
            var stamp = File.GetLastWriteTimeUtc(file);
            if (stamp != _stamp || _token is null)
            {
                _token = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
                _stamp = stamp;
            }
        }
        catch (IOException) when (_token is not null)
        {
            // It is just being replaced; the old one still holds.
        }

        _readAt = time.GetTimestamp();
        return _token;
    }
}
