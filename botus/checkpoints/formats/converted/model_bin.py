"""The header of CTranslate2's model.bin: which kind of model it is, and the sizes of its tensors.

The layout is that of ctranslate2/specs/model_spec.py (ModelSpec._serialize), its numbers little-endian:

    header   uint32 version of the layout, text kind of the model, uint32 revision of that kind
    tensors  uint32 how many; each: text name, uint8 rank, uint32 per dimension, uint8 type,
             uint32 bytes, as many bytes of values
    aliases  uint32 how many; each: text alias, text name of the tensor that it stands for
    text     uint16 length, with the zero byte at the end; the bytes

CTranslate2 believes these numbers, and reads and writes beyond its memory where they lie. So they are
compared with the file and with each other before it sees them. Of tensors' values only single numbers are
read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import BinaryIO

from botus.checkpoints.folder_or_tar import AGAIN, StoredFile, refuse_placeholder
from botus.checkpoints.gpt2 import shown
from botus.errors import FileError
from botus.store.durable import files
from botus.store.durable.opening import open_file

Shape = tuple[int, ...]

EMBEDDINGS = "decoder/embeddings/weight"
PROJECTION = "decoder/projection/weight"
POSITIONS = "decoder/position_encodings/encodings"
_QUERIES, _RESULTS = "self_attention/linear_0/weight", "self_attention/linear_1/weight"
_NORMS_OF_HEADS = ("/q_norm", "/k_norm", "/v_norm")  # as wide as one head

_LAYOUT = 6  # since CTranslate2 3.0
_DECODER = "TransformerDecoderSpec"
_OTHERS = {
    "TransformerSpec": "turns one text into another, as T5 and BART do",
    "TransformerEncoderSpec": "only reads texts, as BERT does",
    "WhisperSpec": "listens to speech",
    "Wav2Vec2Spec": "listens to speech",
    "Wav2Vec2BertSpec": "listens to speech",
}
_BYTES = (4, 1, 2, 4, 2, 2)  # of a value of each type: float32, int8, int16, int32, float16, bfloat16
_WHOLE_NUMBERS = (1, 2, 3)
_INT32 = 3  # in a weight: eight values of four bits
_MOST_HEADS = 1 << 12
_MOST_DIMENSIONS = 8
_MOST = 100_000  # tensors; a model of 100 layers has 1,500
_CONVERT = "convert the model again, as docs/checkpoints.md says"


def read_header(file: StoredFile) -> tuple[dict[str, Shape], dict[str, int | None]]:
    """Return the shape of each tensor, also by its aliases, and the numbers that stand alone.

    The file is as long as the shapes say; a number is None where it is no whole one.

    Raises:
        FileError: it is truncated, damaged, of another layout, or no model that writes on from a text.
    """
    refuse_placeholder(file.beginning(), file.label)
    try:
        with open_file(file.path) as source:
            return _tensors(_Reader(source, file))
    except OSError as error:
        raise files.explain(error, file.path, "read") from error


def check_layers(shapes: Mapping[str, Shape], label: str) -> None:
    """Check that the layers fit each other: what one returns is as wide as what the next one takes.

    Raises:
        FileError: the embeddings are missing, or a tensor has another size than those beside it.
    """
    for name in (EMBEDDINGS, PROJECTION):
        if len(shapes.get(name, ())) != 2:
            raise FileError(f"{label} has no {name}, or not as a table", _CONVERT)
    wide = shapes.get("decoder/project_in/weight", shapes[EMBEDDINGS][::-1])[:1]
    for name, shape in shapes.items():
        if not _fits(name, shape, shapes, wide):
            raise FileError(
                f"{label} is damaged: {shown(name)} is {list(shape)}, which does not fit those beside it",
                AGAIN,
            )


def check_numbers(shapes: Mapping[str, Shape], numbers: Mapping[str, int | None], label: str) -> None:
    """Check the numbers that CTranslate2 divides by, or takes for a place in its memory.

    Raises:
        FileError: one cannot be, in a model of these shapes.
    """
    layers = sum(name.endswith(_QUERIES) for name in shapes)
    heads = max(1, numbers.get("decoder/num_heads", 8) or 1)  # 8 is what CTranslate2 takes for none
    ranges = {"alignment_layer": range(-layers, layers)}
    ranges |= dict.fromkeys(("num_heads", "num_heads_kv", "head_dim"), range(1, _MOST_HEADS))
    for name, number in numbers.items():
        scope, _, kind = name.rpartition("/")
        if kind == "rotary_dim":  # an even part of a head, or 0 for all of it
            wide = shapes.get(f"{scope}/linear_1/weight", (0,))[-1] // heads
            ranges[kind] = range(0, wide + 1, 2)
        if kind in ranges and number not in ranges[kind]:
            raise FileError(f"{label} is damaged: {name} is {number}, which cannot be", AGAIN)


def cached_values(shapes: Mapping[str, Shape]) -> int:
    """Return how many values attention keeps per token of a text: the keys and values of all layers."""
    queries = [name.removesuffix(_QUERIES) for name in shapes if name.endswith(_QUERIES)]
    # linear_0 returns queries, keys and values side by side; linear_1 takes as much as there are queries.
    return sum(shapes[layer + _QUERIES][0] - shapes[layer + _RESULTS][1] for layer in queries)


def _fits(name: str, shape: Shape, shapes: Mapping[str, Shape], wide: Shape) -> bool:
    layer, _, kind = name.rpartition("/")
    if kind in ("bias", "weight_scale"):
        return shape in ((), shapes.get(f"{layer}/weight", shape)[:1])
    if kind in ("gamma", "beta"):
        return shape == wide or layer.endswith(_NORMS_OF_HEADS)
    if name == PROJECTION:
        return shape[0] == shapes[EMBEDDINGS][0]
    if name == POSITIONS:
        return shape[1:] == wide
    scope, _, part = layer.rpartition("/linear_")
    if kind != "weight" or part not in ("0", "0_noact", "1"):
        return True
    first, last = (shapes.get(f"{scope}/linear_{i}/weight", ()) for i in (0, 1))
    if part == "0":
        return shape[1:] == wide and len(last) == 2
    if part == "0_noact" or not scope.endswith("/self_attention"):
        return shape == (first if part == "0_noact" else wide + first[:1])
    return len(first) == 2 and shape[:1] == wide and first[0] - shape[1] in range(0, first[0], 2)


class _Reader:
    """Reads numbers and texts as they lie one after the other, and never past the end."""

    def __init__(self, source: BinaryIO, file: StoredFile) -> None:
        self._source, self.label, self.left = source, file.label, file.size
        source.seek(file.start)

    def raw(self, count: int) -> bytes:
        self._take(count)
        found = self._source.read(count)
        if len(found) < count:
            raise self.damaged("it has become shorter")
        return found

    def skip(self, count: int) -> None:
        self._take(count)
        self._source.seek(count, 1)

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.raw(size), "little")

    def text(self) -> str:
        found = self.raw(self.number(2))
        # CTranslate2 takes it to end at the first zero byte, even beyond this.
        if not found or found.find(b"\0") != len(found) - 1:
            raise self.damaged("a name in it has no end")
        return found[:-1].decode("utf-8", "replace")

    def damaged(self, reason: str) -> FileError:
        return FileError(f"{self.label} is damaged: {reason}", AGAIN)

    def _take(self, count: int) -> None:
        if count > self.left:
            raise FileError(
                f"{self.label} is truncated: {count - self.left} bytes are missing, or more", AGAIN
            )
        self.left -= count


def _tensors(reader: _Reader) -> tuple[dict[str, Shape], dict[str, int | None]]:
    _check_kind(reader)
    shapes: dict[str, Shape] = {}
    numbers: dict[str, int | None] = {}
    for _ in range(_count(reader)):
        name, rank = reader.text(), reader.number(1)
        if rank > _MOST_DIMENSIONS:
            raise reader.damaged(f"{name} has {rank} dimensions")
        shape = tuple(reader.number() for _ in range(rank))
        kind, size = reader.number(1), reader.number()
        if kind >= len(_BYTES) or prod(shape) * _BYTES[kind] != size or name in shapes:
            raise reader.damaged(f"{shown(name)} has {size} bytes, and {list(shape)} needs others")
        if kind == _INT32 and name.endswith("/weight"):
            raise FileError(
                f"{reader.label} has weights of 4 bits (AWQ), which only some graphics cards compute with",
                "convert the model that it was made of, with --quantization int8",
            )
        if shape:
            reader.skip(size)
        else:
            value = int.from_bytes(reader.raw(size), "little", signed=True)
            numbers[name] = value if kind in _WHOLE_NUMBERS else None
        shapes[name] = shape
    for _ in range(_count(reader)):
        alias, name = reader.text(), reader.text()
        if name not in shapes or alias in shapes:
            raise reader.damaged(f"{shown(alias)} stands for {shown(name)}, which is not there")
        shapes[alias] = shapes[name]
        if name in numbers:
            numbers[alias] = numbers[name]
    if reader.left:
        raise reader.damaged(f"{reader.left} bytes are left at its end")
    return shapes, numbers


def _check_kind(reader: _Reader) -> None:
    layout = reader.number()
    if layout > 1000:  # anything at all
        raise FileError(f"{reader.label} is not a model of CTranslate2", "give the folder of a model")
    if layout != _LAYOUT:
        age = "newer" if layout > _LAYOUT else "older"
        raise FileError(f"{reader.label} is of layout {layout}, {age} than what botus reads", _CONVERT)
    kind = reader.text()
    if kind != _DECODER:
        does = _OTHERS.get(kind, f"is a {shown(kind)}")
        raise FileError(
            f"{reader.label} does not write on from a text: this model {does}",
            "botus writes with GPT-2, Llama, Mistral, Qwen and others like them",
        )
    reader.number()  # the revision, which CTranslate2 compares with its own


def _count(reader: _Reader) -> int:
    count = reader.number()
    if count > _MOST:
        raise reader.damaged(f"it names {count} tensors")
    return count
