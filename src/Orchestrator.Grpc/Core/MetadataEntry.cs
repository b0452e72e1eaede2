using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One header or trailer: text or, if the key ends in <c>-bin</c>, bytes.</summary>
    public sealed class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>A text.</summary>
        /// <exception cref="ArgumentException">The key is not made of letters, digits, '-', '_' and '.', or ends in <c>-bin</c>.</exception>
        public Entry(string key, string value)
        {
            Key = Normalize(key);
            ArgumentNullException.ThrowIfNull(value);
            if (IsBinary)
            {
                throw new ArgumentException($"The key {key} ends in -bin, so its value must be bytes.", nameof(key));
            }

            _text = value;
        }

        /// <summary>Bytes.</summary>
        /// <exception cref="ArgumentException">The key is not made of letters, digits, '-', '_' and '.', or does not end in <c>-bin</c>.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            Key = Normalize(key);
            ArgumentNullException.ThrowIfNull(valueBytes);
            if (!IsBinary)
            {
                throw new ArgumentException($"The key {key} does not end in -bin, so its value must be text.", nameof(key));
            }

            _bytes = valueBytes;
        }

        /// <summary>The key in lower case.</summary>
        public string Key { get; }

        /// <summary>True if the value is bytes.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>The value as text.</summary>
        /// <exception cref="InvalidOperationException">The value is bytes.</exception>
        public string Value => _text ?? throw new InvalidOperationException($"The value of {Key} is bytes.");

        /// <summary>The value as bytes; a text in UTF-8.</summary>
        public byte[] ValueBytes => _bytes ?? Encoding.UTF8.GetBytes(_text!);

        /// <inheritdoc/>
        public override string ToString() => _text is null ? $"[{Key}: {_bytes!.Length} bytes]" : $"[{Key}: {_text}]";

        private static string Normalize(string key)
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            foreach (var c in key)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                {
                    throw new ArgumentException($"The metadata key {key} may hold letters, digits, '-', '_' and '.' only.", nameof(key));
                }
            }

            return key.ToLowerInvariant();
        }
    }
}
