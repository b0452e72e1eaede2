using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Identity.Certificates;

public sealed class RequestSignerTests : IDisposable
{
    private const string NodeClient = "kubernetes.io/kube-apiserver-client-kubelet";
    private const string NodeServing = "kubernetes.io/kubelet-serving";

    private readonly TemporaryDirectory _directory = new();
    private readonly HandClock _time = new();
    private readonly ClusterPki _pki;
    private readonly RequestSigner _signer;

    public RequestSignerTests()
    {
        _pki = ClusterPki.Open(new PkiOptions { Directory = _directory.Path }, _time);
        _signer = new RequestSigner(_pki, _time);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_nodes_client_certificate_makes_it_that_node()
    {
        var signed = _signer.Sign(Request(NodeClient, "client auth", "system:node:n1", "system:nodes"))!.Value;
        using var certificate = X509CertificateLoader.LoadCertificate(Certificate(signed.Pem!).RawData);
        var authenticator = new IdentityServices(_pki, new ObjectShelf(), new IdentityOptions(), _time).Authenticator;

        var user = await authenticator.AuthenticateAsync(new RequestCredentials(certificate, new HeaderDictionary()), CancellationToken.None);
        Assert.Equal("system:node:n1", user.Name);
        Assert.Equal(["system:nodes", "system:authenticated"], user.Groups);
    }

    [Fact]
    public void A_serving_certificate_has_the_names_asked_for_and_no_more_life_than_asked()
    {
        var signed = _signer.Sign(Request(NodeServing, "server auth", "system:node:n1", "system:nodes", dnsName: "n1", seconds: 3600))!.Value;
        using var certificate = Certificate(signed.Pem!);

        Assert.Equal(["n1"], certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
        Assert.Equal(_time.GetUtcNow().AddHours(1), new DateTimeOffset(certificate.NotAfter));
        Assert.Contains("1.3.6.1.5.5.7.3.1", certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(static o => o.Value));
    }

    [Theory]
    [InlineData(NodeClient, "client auth", "jane", "system:nodes", "")]
    [InlineData(NodeClient, "client auth", "system:node:n1", "system:masters", "")]
    [InlineData(NodeClient, "server auth", "system:node:n1", "system:nodes", "")]
    [InlineData(NodeClient, "client auth", "system:node:n1", "system:nodes", "n1")]
    [InlineData(NodeServing, "server auth", "system:node:n1", "system:nodes", "")]
    [InlineData("kubernetes.io/kube-apiserver-client", "client auth", "jane", "system:masters", "")]
    public void What_a_signer_does_not_sign_is_refused_with_a_reason(string signer, string usage, string name, string group, string dnsName)
    {
        var signed = _signer.Sign(Request(signer, usage, name, group, dnsName))!.Value;
        Assert.Null(signed.Pem);
        Assert.NotEmpty(signed.Failure);
    }

    [Fact]
    public void Somebody_elses_signer_is_left_alone() => Assert.Null(_signer.Sign(Request("example.com/own", "client auth", "jane", "team")));

    private static X509Certificate2 Certificate(byte[] pem) => X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(pem));

    private static CertificateSigningRequest Request(string signer, string usage, string name, string group, string dnsName = "", int? seconds = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(group);
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        if (dnsName.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        return new CertificateSigningRequest
        {
            Spec = new CertificateSigningRequestSpec
            {
                SignerName = signer,
                Username = "system:node:n1",
                Groups = ["system:nodes"],
                Usages = ["digital signature", usage],
                ExpirationSeconds = seconds,
                Request = Encoding.ASCII.GetBytes(request.CreateSigningRequestPem()),
            },
        };
    }
}
