using System.Text;
using Orchestrator.ApiServer.Nodes;

namespace Orchestrator.ApiServer.Tests.Nodes;

public sealed class TunnelTests
{
    [Theory]
    [InlineData("5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\n\r\n", true, "hello, world")]
    [InlineData("5\r\nhello\r\n7\r\n, wo", false, "hello")]
    [InlineData("", false, "")]
    [InlineData("no chunk\r\n", true, "")]
    public void Chunks_of_a_refusal_are_put_together(string chunked, bool isWhole, string expected)
    {
        var text = new MemoryStream();
        Assert.Equal(isWhole, Tunnel.TryUnchunk(Encoding.ASCII.GetBytes(chunked), text));
        Assert.Equal(expected, Encoding.ASCII.GetString(text.ToArray()));
    }
}
