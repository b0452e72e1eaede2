using System.Text;

namespace Orchestrator.Api.Json;

/// <summary>Where a decoder stands, kept so cheaply that it can be kept always: names for fields, boxed numbers for items.</summary>
internal sealed class JsonPath
{
    private object[] _parts = new object[16];
    private StructSchema?[] _owners = new StructSchema?[16];
    private int _depth;

    public int Depth => _depth;

    public void Clear() => _depth = 0;

    public void PushField(StructSchema owner, FieldSchema field) => Push(field, owner);

    public void PushKey(string key) => Push(key, null);

    public void PushIndex(int index) => Push(Boxed.Of(index), null);

    public void SetIndex(int index) => _parts[_depth - 1] = Boxed.Of(index);

    public void Pop() => _depth--;

    /// <summary><c>spec.containers[0].image</c>, with one more name at the end if given.</summary>
    public string Format(string? last = null)
    {
        var text = new StringBuilder();
        for (var i = 0; i < _depth; i++)
        {
            Append(text, _parts[i]);
        }

        if (last is not null)
        {
            Append(text, last);
        }

        return text.ToString();
    }

    /// <summary>The struct and field names in which Go names a mismatch: <c>PodSpec.spec.containers</c>.</summary>
    public string FormatGo()
    {
        var text = new StringBuilder();
        var owner = "";
        for (var i = 0; i < _depth; i++)
        {
            if (_parts[i] is FieldSchema field)
            {
                text.Append('.').Append(field.Name);
                owner = _owners[i]!.TypeName;
            }
        }

        return owner + text;
    }

    private static void Append(StringBuilder text, object part)
    {
        if (part is long index)
        {
            text.Append('[').Append(index).Append(']');
            return;
        }

        if (text.Length > 0)
        {
            text.Append('.');
        }

        text.Append(part is FieldSchema field ? field.Name : (string)part);
    }

    private void Push(object part, StructSchema? owner)
    {
        if (_depth == _parts.Length)
        {
            Array.Resize(ref _parts, _depth * 2);
            Array.Resize(ref _owners, _depth * 2);
        }

        _owners[_depth] = owner;
        _parts[_depth++] = part;
    }
}
