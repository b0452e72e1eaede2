using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Orchestrator.ApiServer.Http;

/// <summary>
/// Kestrel's buffers in blocks of a TLS record. Kestrel encrypts and sends its output block by block, and with its own blocks of 4 KiB a list
/// of 14 MB takes 3,500 records and as many system calls, at the client too.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>The most plaintext a TLS record holds (RFC 8446, 5.1).</summary>
    private const int BlockBytes = 16 * 1024;

    /// <summary>Blocks kept for reuse; what a peak took beyond is left to the garbage collector.</summary>
    private const int KeptMax = 256;

    private readonly ConcurrentQueue<Block> _free = new();

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return _free.TryDequeue(out var block) ? block.Taken() : new Block(this).Taken();
    }

    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(Block block)
    {
        if (_free.Count < KeptMax)
        {
            _free.Enqueue(block);
        }
    }

    /// <summary>Makes the pools of Kestrel's transport.</summary>
    public sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        // Pinned for good: sockets and OpenSSL work on it in place.
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
        private int _isTaken;

        public Memory<byte> Memory => _bytes;

        public Block Taken()
        {
            _isTaken = 1;
            return this;
        }

        public void Dispose()
        {
            // Twice is once: a block in the pool twice would be given to two connections.
            if (Interlocked.Exchange(ref _isTaken, 0) == 1)
            {
                pool.Return(this);
            }
        }
    }
}
