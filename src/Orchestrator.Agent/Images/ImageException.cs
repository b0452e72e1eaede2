namespace Orchestrator.Agent.Images;

/// <summary>An image cannot be had now.</summary>
/// <param name="reason">The waiting reason of the container: ErrImagePull, ImagePullBackOff, InvalidImageName …</param>
/// <param name="message">The waiting message.</param>
/// <param name="retryAfter">When another look makes sense.</param>
internal sealed class ImageException(string reason, string message, TimeSpan retryAfter) : Exception(message)
{
    public string Reason { get; } = reason;

    public TimeSpan RetryAfter { get; } = retryAfter;
}
