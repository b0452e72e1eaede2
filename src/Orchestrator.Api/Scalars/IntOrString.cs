using System.Globalization;

namespace Orchestrator.Api;

/// <summary>A number or a text, such as a port's number or name, or <c>3</c> and <c>25%</c>.</summary>
public readonly record struct IntOrString
{
    public IntOrString(int value) => Int = value;

    public IntOrString(string text) => Text = text;

    /// <summary>The number; 0 when it is a text.</summary>
    public int Int { get; }

    /// <summary>The text; null when it is a number.</summary>
    public string? Text { get; }

    public bool IsText => Text is not null;

    public static implicit operator IntOrString(int value) => new(value);

    public static implicit operator IntOrString(string text) => new(text);

    /// <summary>The number, or the percentage of <paramref name="total"/>.</summary>
    /// <param name="total">What 100 % is.</param>
    /// <param name="roundUp">How a fraction is rounded.</param>
    /// <exception cref="FormatException">A text that is no percentage.</exception>
    public int Scale(int total, bool roundUp)
    {
        if (Text is null)
        {
            return Int;
        }

        if (!Text.EndsWith('%') || !int.TryParse(Text.AsSpan(0, Text.Length - 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var percent))
        {
            throw new FormatException("invalid value for IntOrString: invalid type: string is not a percentage");
        }

        var scaled = (double)percent * total / 100;
        return (int)(roundUp ? Math.Ceiling(scaled) : Math.Floor(scaled));
    }

    public override string ToString() => Text ?? Int.ToString(CultureInfo.InvariantCulture);
}
