namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>A device, or a share of one.</summary>
internal sealed record DeviceId(string Driver, string Pool, string Device, string ShareId)
{
    public override string ToString() =>
        $"{{\"Driver\":{Quoted(Driver)},\"Pool\":{Quoted(Pool)},\"Device\":{Quoted(Device)},\"ShareID\":{Quoted(ShareId)}}}";

    private static string Quoted(string text) => System.Text.Encoding.UTF8.GetString(Api.Json.ApiJson.WriteValueToArray(text));
}
