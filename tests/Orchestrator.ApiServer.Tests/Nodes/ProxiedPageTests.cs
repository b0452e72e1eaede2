using Orchestrator.ApiServer.Nodes;

namespace Orchestrator.ApiServer.Tests.Nodes;

public sealed class ProxiedPageTests
{
    private const string Prefix = "/api/v1/namespaces/a/services/web:http/proxy";
    private readonly ProxiedPage _page = new(new Uri("http://10.0.0.7:8080/index"), "server:6443", Prefix);

    [Theory]
    [InlineData("/next", Prefix + "/next")]
    [InlineData("/next?a=b#c", Prefix + "/next?a=b#c")]
    [InlineData("http://10.0.0.7:8080/next", Prefix + "/next")]
    [InlineData("https://server:6443/next", Prefix + "/next")]
    [InlineData(Prefix + "/next", Prefix + "/next")]
    [InlineData("next", "next")]
    [InlineData("//elsewhere/next", "//elsewhere/next")]
    [InlineData("https://elsewhere/next", "https://elsewhere/next")]
    [InlineData("mailto:a@b", "mailto:a@b")]
    public void Addresses_of_the_proxied_side_lead_through_the_proxy(string address, string wanted) => Assert.Equal(wanted, _page.Rewritten(address));

    [Theory]
    [InlineData("<a href=\"/x\">/x</a>", $"<a href=\"{Prefix}/x\">/x</a>")]
    [InlineData("<IMG alt='/x' SRC='/x'>", $"<IMG alt='/x' SRC='{Prefix}/x'>")]
    [InlineData("<link rel=icon href=/x />", $"<link rel=icon href={Prefix}/x />")]
    [InlineData("<form method=post\n action=\"/x\">", $"<form method=post\n action=\"{Prefix}/x\">")]
    [InlineData("<p title=\"/x\" data-href=\"/x\">", "<p title=\"/x\" data-href=\"/x\">")]
    [InlineData("<!-- <a href=\"/x\"> -->", "<!-- <a href=\"/x\"> -->")]
    [InlineData("a < b and <a href=", "a < b and <a href=")]
    public void Links_are_changed_where_elements_have_them(string html, string wanted) => Assert.Equal(wanted, _page.Rewrite(html));
}
