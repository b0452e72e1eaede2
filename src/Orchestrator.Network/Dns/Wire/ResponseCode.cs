namespace Orchestrator.Network.Dns.Wire;

/// <summary>Response codes (RFC 1035 section 4.1.1, RFC 6891 section 9 for the extended one).</summary>
internal enum ResponseCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NameError = 3,
    NotImplemented = 4,
    Refused = 5,
    BadVersion = 16,
}
