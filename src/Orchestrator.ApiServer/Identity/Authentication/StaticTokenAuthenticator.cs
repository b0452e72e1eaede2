using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Lasting tokens from a CSV file: <c>token,user,uid,"group,group"</c>. Read at start; a change needs a restart, as upstream's.</summary>
internal sealed class StaticTokenAuthenticator : ITokenAuthenticator
{
    // By the token's hash, so that how long a look-up takes says nothing about how much of a guess was right.
    private readonly FrozenDictionary<string, UserInfo> _users;

    private StaticTokenAuthenticator(Dictionary<string, UserInfo> users) => _users = users.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="FormatException">A line is not what it must be; it says which.</exception>
    public static StaticTokenAuthenticator Read(string path)
    {
        var users = new Dictionary<string, UserInfo>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var cells = Split(line);
            if (cells.Count < 3)
            {
                throw new FormatException($"{path}, line {number}: token, user name and uid are needed, found {cells.Count} fields");
            }

            if (cells[0].Length == 0 || cells[1].Length == 0)
            {
                throw new FormatException($"{path}, line {number}: the token and the user name must not be empty");
            }

            string[] groups = cells.Count > 3 ? cells[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [];
            users[HashOf(cells[0])] = new UserInfo { Name = cells[1], Uid = cells[2], Groups = Groups.WithAuthenticated(cells[1], groups) };
        }

        return new(users);
    }

    public ValueTask<AuthenticationResult> AuthenticateAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken) =>
        new(_users.TryGetValue(HashOf(token), out var user) ? AuthenticationResult.Recognised(user, audiences) : AuthenticationResult.None);

    private static string HashOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>A line of comma-separated values; a value in quotes may hold commas, and quotes doubled.</summary>
    private static List<string> Split(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"')
            {
                cell.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString().Trim());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        cells.Add(cell.ToString().Trim());
        return cells;
    }
}
