namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>How checks name what they found.</summary>
internal static class CheckTexts
{
    public static string Quoted(IEnumerable<string> names) => "\"" + string.Join("\", \"", names) + "\"";

    /// <summary><c>container "a"</c>, <c>containers "a", "b"</c>.</summary>
    public static string Containers(IReadOnlyCollection<string> names) => (names.Count == 1 ? "container " : "containers ") + Quoted(names);

    public static void AddContainers(List<string> setters, IReadOnlyCollection<string> names)
    {
        if (names.Count > 0)
        {
            setters.Add(Containers(names));
        }
    }
}
