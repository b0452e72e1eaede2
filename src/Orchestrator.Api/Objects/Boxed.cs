namespace Orchestrator.Api;

/// <summary>Boxes that are shared: true, false, and the small integers that fill API objects.</summary>
internal static class Boxed
{
    public static readonly object True = true;
    public static readonly object False = false;

    private const int Low = -16;
    private const int High = 1024;
    private static readonly object[] Small = Enumerable.Range(Low, High - Low + 1).Select(static i => (object)(long)i).ToArray();

    public static object Of(bool value) => value ? True : False;

    public static object Of(long value) => value is >= Low and <= High ? Small[value - Low] : value;
}
