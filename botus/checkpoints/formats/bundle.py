"""The tensors of a TensorFlow V2 checkpoint bundle, read without TensorFlow.

An `.index` file says where each tensor lies in the `.data` shards, which are nothing but tensors end to end.
The index is a LevelDB table (github.com/google/leveldb, doc/table_format.md):

    data blocks, meta index block, index block, footer
    block    entries, then the offsets of some of them (uint32 each), then how many offsets that are (uint32);
             after it a trailer: one byte for the compression, the masked crc32c of block and that byte
    entry    varint shared, varint added, varint length; `added` bytes of key, `length` bytes of value;
             the key is the first `shared` bytes of the key before it and the added ones
    footer   handle of the meta index, handle of the index, zeros up to 40 bytes, magic (8 bytes)
    handle   varint offset, varint size of a block without its trailer

The index block's values are the handles of the data blocks. Their keys are tensor names, in order; the values
are protobufs of tensorflow/core/protobuf/tensor_bundle.proto, and the one of the empty key is the header. A
crc is "masked", rotated and shifted, so that a crc of data that holds crcs stays useful.

A checkpoint may come from anybody, and its checksums say nothing about who made it. So blocks must follow
each other, keys must rise and stay short, and no number is believed before it is compared with the file:
reading costs no more than the file is long.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from botus.checkpoints.folder_or_tar import AGAIN, StoredFile
from botus.checkpoints.formats.floats import WIDTHS, as_float32, check_dtype, check_finite
from botus.checkpoints.gpt2 import Floats
from botus.errors import FileError, not_installed

try:
    import google_crc32c
    import numpy as np
    import numpy.typing as npt
except ImportError as error:
    raise not_installed("generate") from error

_MAGIC = 0xDB4775248B80FB57  # kTableMagicNumber of leveldb/table/format.h
_FOOTER, _TRAILER = 48, 5
_MASK_DELTA = 0xA282EAD8

_LONGEST_KEY = 256  # bytes; model/h47/attn/c_attn/w has 22, and an optimizer adds its name
_LONGEST_VALUE = 4096  # bytes; an entry has about 50
_MOST_TENSORS = 20_000  # 48 layers have 580, and an optimizer twice as many again
_MOST_DIMENSIONS = 8
_MOST_SHARDS = 99_999  # their names have five digits
_VARINT_BITS = 70  # ten bytes of seven bits

# The numbers of tensorflow/core/framework/types.proto.
_DTYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    6: "int8",
    7: "string",
    9: "int64",
    10: "bool",
    14: "bfloat16",
    19: "float16",
}


@dataclass(frozen=True)
class Entry:
    """Where one tensor lies: BundleEntryProto. `crc` is masked, `offset` counts from the shard's start."""

    name: str
    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc: int


def read_index(index: bytes, label: str) -> tuple[int, dict[str, Entry]]:
    """Return the number of shards and the entries of an `.index` file; `label` names it in errors.

    Raises:
        FileError: it is truncated, damaged, compressed, big-endian, or holds sliced tensors.
    """
    try:
        pairs = list(_table(index, label))
        if not pairs or pairs[0][0] != b"":
            raise FileError(f"{label} has no bundle header", AGAIN)
        shards = _shard_count(pairs[0][1], label)
        entries = (_entry(key.decode(), value, label) for key, value in pairs[1:])
        return shards, {entry.name: entry for entry in entries}
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise FileError(f"{label} is damaged: {error}", AGAIN) from error


def read_tensor(entry: Entry, shard: StoredFile) -> Floats:
    """Read one tensor, check its crc, and return it as float32 of the entry's shape; it may be written to.

    Raises:
        FileError: the crc is wrong, the type is not a kind of float, or values are infinite or not numbers.
    """
    dtype = _DTYPES.get(entry.dtype, f"type {entry.dtype}")
    check_dtype(dtype, shard.label, entry.name)
    if not entry.size or entry.size != math.prod(entry.shape) * WIDTHS[dtype]:
        raise FileError(f"{shard.label}: tensor {entry.name} has {entry.size} bytes, not as its shape", AGAIN)
    raw = shard.read(entry.offset, entry.size)  # [bytes]
    if masked_crc(raw) != entry.crc:
        raise FileError(f"{shard.label} is damaged in tensor {entry.name}: its checksum is wrong", AGAIN)
    values = as_float32(raw, dtype).reshape(entry.shape)  # rows first (C order), as numpy's own
    check_finite(values, shard.label, entry.name)
    return values


def masked_crc(data: bytes | npt.NDArray[np.uint8]) -> int:
    """Return the masked crc32c of bytes: crc32c::Mask of tensorflow/core/lib/hash/crc32c.h."""
    crc: int = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF  # rotated right by 15 of 32 bits


def _table(table: bytes, label: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a LevelDB table in their order."""
    if len(table) < _FOOTER or int.from_bytes(table[-8:], "little") != _MAGIC:
        raise FileError(f"{label} is truncated or not a TensorFlow index: its last bytes are wrong", AGAIN)
    footer = table[-_FOOTER:]
    _, _, at = _handle(footer, 0)  # the meta index, which TensorFlow leaves empty
    index_at, _, _ = _handle(footer, at)
    end, last, count = 0, None, 0
    for _, value in _block(table, footer[at:], label):
        offset, size, _ = _handle(value, 0)
        if not end <= offset <= offset + size <= index_at:
            raise IndexError("its blocks do not follow each other")
        end = offset + size + _TRAILER
        for key, content in _block(table, value, label):
            count += 1
            if last is not None and key <= last:
                raise IndexError("its names are not in order")
            if count > _MOST_TENSORS:
                raise IndexError(f"it has more than {_MOST_TENSORS:,} tensors")
            last = key
            yield key, content


def _handle(data: bytes, at: int) -> tuple[int, int, int]:
    """Return the offset and size of a block, and the place after the handle."""
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return offset, size, at


def _block(table: bytes, handle: bytes, label: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries of the block that a handle points at."""
    offset, size, _ = _handle(handle, 0)
    end = offset + size
    if end + _TRAILER > len(table) - _FOOTER:
        raise FileError(f"{label} is damaged: a block lies outside the file", AGAIN)
    if table[end] != 0:  # kNoCompression
        raise FileError(
            f"{label} is compressed (type {table[end]})",
            "botus reads uncompressed bundles, as TensorFlow's Saver writes them: save the checkpoint again",
        )
    if masked_crc(table[offset : end + 1]) != int.from_bytes(table[end + 1 : end + _TRAILER], "little"):
        raise FileError(f"{label} is damaged: the checksum of a block is wrong", AGAIN)
    return _block_entries(table[offset:end])


def _block_entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    # The offsets at the end are the restart points, entries whose key is whole, for a binary search. A reader
    # that goes from the first entry to the last needs only to know where they begin.
    end = len(block) - 4 * (1 + struct.unpack_from("<I", block, len(block) - 4)[0])
    if end < 0:
        raise IndexError("a block is shorter than it says")
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        added, at = _varint(block, at)
        length, at = _varint(block, at)
        if shared > len(key) or at + added + length > end:
            raise IndexError("an entry does not end")
        if shared + added > _LONGEST_KEY or length > _LONGEST_VALUE:
            raise IndexError("an entry is longer than that of any tensor")
        key = key[:shared] + block[at : at + added]
        yield key, block[at + added : at + added + length]
        at += added + length


def _shard_count(proto: bytes, label: str) -> int:
    """Read a BundleHeaderProto: 1 num_shards, 2 endianness (0 is little), 3 version."""
    fields = {number: value for number, value in _fields(proto) if isinstance(value, int)}
    if fields.get(2, 0) != 0:
        raise FileError(f"{label} was saved on a big-endian machine", "save it again on a common one")
    count = fields.get(1, 0)
    if not 0 < count <= _MOST_SHARDS:
        raise IndexError(f"it says that there are {count} files of weights")
    return count


def _entry(name: str, proto: bytes, label: str) -> Entry:
    """Read a BundleEntryProto: 1 dtype, 2 shape, 3 shard_id, 4 offset, 5 size, 6 crc32c, 7 slices."""
    numbers: dict[int, int] = {}
    shape: tuple[int, ...] = ()
    for number, value in _fields(proto):
        if number == 7:  # one variable in several pieces, as a cluster may save it
            raise FileError(f"{label}: tensor {name!r} is saved in slices", "save it unpartitioned")
        if isinstance(value, int):
            numbers[number] = value
        elif number == 2:
            shape = tuple(_dimension(dim) for field, dim in _fields(value) if field == 2)
            if len(shape) > _MOST_DIMENSIONS:
                raise IndexError("a tensor has too many dimensions")
    dtype, shard, offset, size, crc = (numbers.get(number, 0) for number in (1, 3, 4, 5, 6))
    return Entry(name, dtype, shape, shard, offset, size, crc)


def _dimension(proto: int | bytes) -> int:
    """Return the size (field 1) of a TensorShapeProto.Dim; proto3 leaves a zero out."""
    fields = {} if isinstance(proto, int) else dict(_fields(proto))
    size = fields.get(1, 0)
    return size if isinstance(size, int) else 0


def _fields(proto: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of a protobuf message's fields (protobuf.dev/programming-guides/encoding).

    A field begins with the varint number << 3 | wire type: 0 is a varint, 1 eight bytes, 5 four bytes, 2 a
    varint length and so many bytes (a string or another message); 3 and 4 are obsolete.
    """
    at = 0
    while at < len(proto):
        tag, at = _varint(proto, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(proto, at)
            yield tag >> 3, value
            continue
        length, at = _varint(proto, at) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), at)
        if length < 0 or at + length > len(proto):
            raise IndexError("a field of an entry does not end")
        raw, at = proto[at : at + length], at + length
        yield tag >> 3, raw if kind == 2 else int.from_bytes(raw, "little")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a base-128 number, seven bits to the byte, lowest first, and the place after it."""
    value = shift = 0
    while shift < _VARINT_BITS:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:  # the highest bit says that more bytes follow
            return value, at
    raise IndexError("a number does not end")
