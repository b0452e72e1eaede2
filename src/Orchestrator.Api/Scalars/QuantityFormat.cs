namespace Orchestrator.Api;

/// <summary>The notation of a <see cref="Quantity"/>.</summary>
public enum QuantityFormat : byte
{
    /// <summary>n u m k M G T P E.</summary>
    DecimalSI,

    /// <summary>Ki Mi Gi Ti Pi Ei.</summary>
    BinarySI,

    /// <summary>e3, E-2.</summary>
    DecimalExponent,
}
