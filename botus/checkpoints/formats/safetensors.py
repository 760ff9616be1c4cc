"""The tensors of a `model.safetensors`, read in place.

The layout (github.com/huggingface/safetensors): the length of a header in 8 bytes, the header, which is JSON,
and the tensors' values, one behind the other. The header gives each tensor's type, shape, and where in the
values it begins and ends. The library of that name reads neither a member of a tar nor, with numpy, bfloat16;
so the header is read here. It comes from anybody: no tensor is believed that is longer or shorter than its
shape, lies outside of the file, or leaves a hole or an overlap between itself and the next one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict, cast

from botus.checkpoints.folder_or_tar import AGAIN, StoredFile, refuse_placeholder
from botus.checkpoints.formats.floats import WIDTHS, as_float32, check_dtype, check_finite
from botus.checkpoints.gpt2 import Floats, json_object, shown
from botus.errors import FileError
from botus.store.durable.document import Damage, check

_LARGEST_HEADER = 8 << 20  # bytes; GPT-2's largest size needs 60,000
_MOST_DIMENSIONS = 8
_LENGTH = 8  # bytes of the header's own length
_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}
_OTHERS = {"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1}


@dataclass(frozen=True)
class Tensor:
    """A tensor that lies in its file; its values are read when they are asked for."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    _file: StoredFile
    _offset: int

    def read(self) -> Floats:
        """Return the values as float32 of the tensor's shape; they may be written to.

        Raises:
            FileError: it cannot be read, is no kind of float, or holds what is no number.
        """
        name = shown(self.name)
        check_dtype(shown(self.dtype), self._file.label, name)
        raw = self._file.read(self._offset, math.prod(self.shape) * WIDTHS[self.dtype])
        values = as_float32(raw, self.dtype).reshape(self.shape)
        check_finite(values, self._file.label, name)
        return values


class _Entry(TypedDict):
    dtype: str
    shape: list[int]
    data_offsets: list[int]


def read_tensors(file: StoredFile) -> dict[str, Tensor]:
    """Return the tensors of a file by name; no weights are read.

    Raises:
        FileError: it is truncated or damaged, or its header does not fit it.
    """
    refuse_placeholder(file.beginning(), file.label)
    length = int.from_bytes(file.read(0, min(_LENGTH, file.size)).tobytes(), "little")
    begin = _LENGTH + length
    if not 0 < length <= _LARGEST_HEADER or begin > file.size:
        raise FileError(f"{file.label} is truncated or no safetensors file: its header has no end", AGAIN)
    header = json_object(file.read(_LENGTH, length).tobytes(), f"{file.label} (its header)")
    tensors, at = dict[str, Tensor](), begin
    try:
        entries = {name: _entry(value) for name, value in header.items() if name != "__metadata__"}
        for name, entry in sorted(entries.items(), key=lambda item: item[1]["data_offsets"]):
            if begin + entry["data_offsets"][0] != at:
                raise Damage(f"tensor {shown(name)} does not begin where the one before it ends")
            dtype = _DTYPES.get(entry["dtype"], entry["dtype"])
            tensors[name] = Tensor(name, dtype, tuple(entry["shape"]), file, at)
            at = begin + entry["data_offsets"][1]
    except Damage as error:
        raise FileError(f"{file.label} is damaged: {error}", AGAIN) from error
    if at != file.size:
        wrong = f"{at - file.size} bytes short" if at > file.size else f"{file.size - at} bytes too long"
        raise FileError(f"{file.label} is {wrong}: {file.size} of {at}", AGAIN)
    return tensors


def _entry(value: object) -> _Entry:
    """Return what the header says of a tensor, if it can be."""
    check(_Entry, value)
    if not isinstance(value, dict) or not _Entry.__annotations__.keys() <= value.keys():
        raise Damage("its header does not describe tensors")
    entry = cast(_Entry, value)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if len(offsets) != 2 or any(type(number) is not int or number < 0 for number in (*shape, *offsets)):
        raise Damage("its header has numbers that cannot be")
    width = WIDTHS.get(_DTYPES.get(dtype, ""), _OTHERS.get(dtype))
    length = offsets[1] - offsets[0]
    if len(shape) > _MOST_DIMENSIONS or length < 0 or (width and length != math.prod(shape) * width):
        raise Damage("a tensor's place is not as long as its shape says")
    return entry
