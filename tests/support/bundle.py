"""Writes checkpoints as TensorFlow's Saver and gpt-2-simple do, in pure Python, so that tests can break them.

`write_run` makes a whole run folder; `write_bundle` only the `.index` and `.data` files, with the layout in
the caller's hands (shards, entries per restart, bytes per block), because a reader must survive all of them.
"""

from __future__ import annotations

import itertools
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import google_crc32c
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]

END_OF_TEXT = "<|endoftext|>"
_TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "float16": 19}
_BFLOAT16 = 14  # numpy has none: a uint16 array is written as the upper halves of float32 values
_FULL = 50257
_GPT2_VOCABULARY = Path(__file__).parents[3] / "shared" / "data" / "gpt2-vocab"
_MAGIC = 0xDB4775248B80FB57


def write_bundle(
    prefix: Path,
    tensors: Mapping[str, Array],
    *,
    shards: int = 1,
    restart_interval: int = 16,
    block_size: int = 4096,
    compression: int = 0,
    header: bytes = b"",
    start: int = 0,
) -> None:
    """Write `<prefix>.index` and `<prefix>.data-*`; tensors go to the shards in turn.

    Args:
        start: added to the place of each tensor that the index tells.
    """
    data = [bytearray() for _ in range(shards)]
    pairs = [(b"", _number(1, shards) + header + _bytes(3, _number(1, 1)))]
    for i, name in enumerate(sorted(tensors)):
        raw = np.ascontiguousarray(tensors[name]).tobytes()
        shard = data[i % shards]
        pairs.append((name.encode(), _entry(tensors[name], i % shards, start + len(shard), raw)))
        shard += raw
    index = table(pairs, restart_interval, block_size, compression)
    prefix.with_name(prefix.name + ".index").write_bytes(index)
    for i, shard in enumerate(data):
        prefix.with_name(f"{prefix.name}.data-{i:05d}-of-{shards:05d}").write_bytes(shard)


def table(
    pairs: Sequence[tuple[bytes, bytes]],
    restart_interval: int = 16,
    block_size: int = 4096,
    compression: int = 0,
) -> bytes:
    """Return a LevelDB table of sorted keys and values: data blocks, meta index, index, footer."""
    out, handles, group, size = bytearray(), [], [], 0
    for key, value in pairs:
        group.append((key, value))
        size += len(key) + len(value)
        if size >= block_size:
            handles.append((group[-1][0], _append_block(out, group, restart_interval, compression)))
            group, size = [], 0
    if group:
        handles.append((group[-1][0], _append_block(out, group, restart_interval, compression)))
    meta = _append_block(out, [], restart_interval, compression)
    index = _append_block(out, handles, 1, compression)
    return bytes(out) + (meta + index).ljust(40, b"\0") + _MAGIC.to_bytes(8, "little")


def masked_crc(data: bytes) -> int:
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def byte_tokens() -> list[str]:
    """Return how GPT-2 spells the 256 bytes: itself if it can be seen, else a letter from U+0100 on."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = iter(range(256, 512))
    return [chr(byte) if byte in seen else chr(next(hidden)) for byte in range(256)]


def vocabulary(words: Iterable[str] = ()) -> tuple[list[str], list[tuple[str, str]]]:
    """Return tokens and merges: all bytes, the given words letter by letter, and the end-of-text token last.

    A word is written as GPT-2 does, with Ġ for a space before it.
    """
    tokens = byte_tokens()
    merges: list[tuple[str, str]] = []
    for word in words:
        for end in range(2, len(word) + 1):
            if word[:end] not in tokens:
                tokens.append(word[:end])
                merges.append((word[: end - 1], word[end - 1]))
    return [*tokens, END_OF_TEXT], merges


def full_vocabulary() -> tuple[list[str], list[tuple[str, str]]]:
    """Return GPT-2's 50,257 tokens and their merges; where they are not at hand, as many made-up ones."""
    if _GPT2_VOCABULARY.is_dir():
        ids = json.loads((_GPT2_VOCABULARY / "encoder.json").read_bytes())
        lines = (_GPT2_VOCABULARY / "vocab.bpe").read_text(encoding="utf-8").split("\n")[1:]
        merges = [(a, b) for a, _, b in (line.partition(" ") for line in lines if line)]
        return sorted(ids, key=ids.__getitem__), merges
    letters = "etaoinshrdlcumwfgypbvk"
    merges = [("Ġ", letter) for letter in letters] + list(itertools.product(letters, repeat=2))
    stems = [a + b for a, b in merges]
    merges = [*merges, *itertools.product(stems, repeat=2)][: _FULL - 257]
    known = dict.fromkeys([*byte_tokens(), *(a + b for a, b in merges)])
    spare = (f"spare{i}" for i in itertools.count())  # two merges may lead to the same token
    while len(known) < _FULL - 1:
        known[next(spare)] = None
    return [*known, END_OF_TEXT], merges


def random_tensors(hparams: Mapping[str, int], seed: int = 1, scale: float = 0.1) -> dict[str, Array]:
    """Return random float32 tensors of a GPT-2 of these sizes; the norms are near one and zero."""
    random = np.random.default_rng(seed)
    shapes = tensor_shapes(hparams)
    tensors = {
        name: scale * random.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()
    }
    return {name: value + 1 if name.endswith("/g") else value for name, value in tensors.items()}


def assert_read(found: Iterable[tuple[str, Array]], written: Mapping[str, Array]) -> None:
    """Assert that tensors are read as they were written, bit for bit, as float32."""
    read = dict(found)
    assert read.keys() == written.keys()
    for name, values in read.items():
        assert values.dtype == np.float32
        assert values.shape == written[name].shape
        assert values.tobytes() == written[name].astype(np.float32).tobytes(), name


def tensor_shapes(hparams: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    n = hparams["n_embd"]
    shapes: dict[str, tuple[int, ...]] = {
        "model/wte": (hparams["n_vocab"], n),
        "model/wpe": (hparams["n_ctx"], n),
    }
    shapes |= {"model/ln_f/g": (n,), "model/ln_f/b": (n,)}
    for i in range(hparams["n_layer"]):
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"model/h{i}/{norm}/g": (n,), f"model/h{i}/{norm}/b": (n,)}
        for part, rows, columns in (("attn/c_attn", n, 3 * n), ("attn/c_proj", n, n)):
            shapes |= {f"model/h{i}/{part}/w": (1, rows, columns), f"model/h{i}/{part}/b": (columns,)}
        for part, rows, columns in (("mlp/c_fc", n, 4 * n), ("mlp/c_proj", 4 * n, n)):
            shapes |= {f"model/h{i}/{part}/w": (1, rows, columns), f"model/h{i}/{part}/b": (columns,)}
    return shapes


def write_run(
    folder: Path,
    hparams: Mapping[str, int],
    tensors: Mapping[str, Array],
    tokens: Sequence[str],
    merges: Sequence[tuple[str, str]],
    step: int = 7,
    *,
    shards: int = 1,
    restart_interval: int = 16,
    block_size: int = 4096,
) -> Path:
    """Write a run folder as gpt-2-simple leaves it, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bundle(
        folder / f"model-{step}",
        tensors,
        shards=shards,
        restart_interval=restart_interval,
        block_size=block_size,
    )
    (folder / "checkpoint").write_text(
        f'model_checkpoint_path: "model-{step}"\nall_model_checkpoint_paths: "model-{step}"\n'
    )
    (folder / "counter").write_text(f"{step}\n")
    (folder / "hparams.json").write_text(json.dumps(dict(hparams)))
    write_vocabulary(folder, tokens, merges)
    return folder


def write_vocabulary(folder: Path, tokens: Sequence[str], merges: Sequence[tuple[str, str]]) -> None:
    (folder / "encoder.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    lines = ["#version: 0.2", *(" ".join(merge) for merge in merges)]
    (folder / "vocab.bpe").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_bigrams(
    folder: Path, words: Sequence[str], follow: Mapping[str, Mapping[str, float]], n_ctx: int = 64
) -> Path:
    """Write a run whose model knows exactly one thing: how probable each token is after the last one.

    Args:
        folder: the run folder.
        words: longer tokens besides the single bytes.
        follow: for a token, the probabilities of the next; a token that is not here is followed by a newline.
        n_ctx: the context.
    """
    tokens, merges = vocabulary(words)
    n = len(tokens)
    hparams = {"n_vocab": n, "n_ctx": n_ctx, "n_embd": n, "n_head": 1, "n_layer": 1}
    tensors = {name: np.zeros(shape, np.float32) for name, shape in tensor_shapes(hparams).items()}
    # Each token is a unit vector. Its norm is undone, so that the first layer of the MLP sees it alone,
    # and the second layer replaces it by the logits of the next token; the last norm only scales them.
    spread = np.sqrt(1 / n - 1 / n**2 + 1e-5)
    tensors["model/wte"] = np.eye(n, dtype=np.float32)
    tensors["model/h0/ln_2/g"] += spread
    tensors["model/h0/ln_2/b"] += 1 / n
    tensors["model/h0/mlp/c_fc/w"][0, :, :n] = 100 * np.eye(n)  # a GELU leaves what is large as it is
    rows = [_logits(tokens, follow.get(token, {"Ċ": 1.0})) for token in tokens]
    tensors["model/h0/mlp/c_proj/w"][0, :n] = (np.array(rows) - np.eye(n)) / 100
    tensors["model/ln_f/g"] += _SPREAD
    return write_run(folder, hparams, tensors, tokens, merges)


def write_heaps(folder: Path) -> Path:
    """Write a run whose lines are short heaps of a few words, each as probable as the others."""
    words = ["the", "Ġkettle", "Ġsings", "Ġlamp", "Ġfog", "Ġgull", "Ġdoor", "Ġand", "Ġrain", "Ġis", "Ġlate"]
    likely = dict.fromkeys([*words, "Ċ"], 1 / (len(words) + 1))
    return write_bigrams(folder, words, {"Ċ": likely} | dict.fromkeys(words, likely))


_SPREAD = 6.0


def _logits(tokens: Sequence[str], odds: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """Return logits whose softmax has these odds and whose standard deviation is the same for all rows."""
    allowed = np.array([tokens.index(token) for token in odds])
    logits = np.zeros(len(tokens))
    low, high = 0.0, 1000.0  # the distance between what is allowed and what is not
    for _ in range(60):
        logits[:] = -(low + high) / 2
        logits[allowed] = np.log(list(odds.values()))
        low, high = ((low + high) / 2, high) if logits.std() < _SPREAD else (low, (low + high) / 2)
    return logits - logits.mean()


def _append_block(
    out: bytearray, pairs: Sequence[tuple[bytes, bytes]], restart_interval: int, compression: int
) -> bytes:
    """Append a block with its type and crc, and return the handle that points at it."""
    block, restarts, last = bytearray(), [], b""
    for i, (key, value) in enumerate(pairs):
        shared = 0
        if i % restart_interval == 0:
            restarts.append(len(block))
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        block += _varint(shared) + _varint(len(key) - shared) + _varint(len(value)) + key[shared:] + value
        last = key
    restarts = restarts or [0]
    block += struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))
    handle = _varint(len(out)) + _varint(len(block))
    out += block + bytes([compression])
    out += masked_crc(bytes(block) + bytes([compression])).to_bytes(4, "little")
    return handle


def _entry(tensor: Array, shard: int, offset: int, raw: bytes) -> bytes:
    dtype = _BFLOAT16 if tensor.dtype == np.uint16 else _TYPES[tensor.dtype.name]
    shape = b"".join(_bytes(2, _number(1, size)) for size in tensor.shape)
    crc = b"\x35" + masked_crc(raw).to_bytes(4, "little")  # field 6, fixed32
    numbers = _number(3, shard) + _number(4, offset) + _number(5, len(raw))
    return _number(1, dtype) + _bytes(2, shape) + numbers + crc


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value) if value else b""


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])
