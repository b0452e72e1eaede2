namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>A level in the words of one release: <c>restricted:v1.24</c>, or of the newest, <c>restricted:latest</c>.</summary>
internal readonly record struct LevelVersion(SecurityLevel Level, int Minor)
{
    /// <summary>The newest release, whichever that is.</summary>
    public const int Latest = int.MaxValue;

    public override string ToString() => Level.ToString().ToLowerInvariant() + ":" + (Minor == Latest ? "latest" : "v1." + Minor);
}
