"""Writes what torch.save writes, in pure Python and both containers, so that tests can break it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]

ORDERED_DICT = b"ccollections\nOrderedDict\n)R"
MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."  # 0x1950A86A20F9469CFC6C
_KINDS = {"float32": "Float", "float64": "Double", "float16": "Half", "bool": "Bool", "uint8": "Byte"}
_KINDS |= {"int64": "Long", "uint16": "BFloat16"}  # numpy has no bfloat16: the upper halves of float32 values


@dataclass(frozen=True)
class View:
    """A tensor that shows some of the storage with this key: offset and strides count elements."""

    key: str
    shape: Sequence[int]
    strides: Sequence[int]
    offset: int = 0


def write(path: Path, tensors: Mapping[str, Array], *, legacy: bool = False) -> Path:
    """Write a model of such tensors; a uint16 is written as a bfloat16."""
    storages = {str(i): value for i, value in enumerate(tensors.values())}
    views = {
        name: View(key, value.shape, [step // value.itemsize for step in np.empty_like(value).strides])
        for (key, value), name in zip(storages.items(), tensors, strict=True)
    }
    return (write_legacy if legacy else write_zip)(path, model(views, storages), storages)


def write_zip(path: Path, program: bytes, storages: Mapping[str, Array], order: bytes = b"little") -> Path:
    """Write a program and the storages it refers to as torch.save does since 1.6."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", program)
        archive.writestr("archive/byteorder", order)
        for key, values in storages.items():
            archive.writestr(f"archive/data/{key}", np.ascontiguousarray(values).tobytes())
    return path


def write_legacy(
    path: Path, program: bytes, storages: Mapping[str, Array], keys: Sequence[str] | None = None
) -> Path:
    """Write them as torch.save did before 1.6."""
    machine = b"\x80\x02}(" + text("little_endian") + b"\x88u."
    listed = b"\x80\x02](" + b"".join(map(text, storages if keys is None else keys)) + b"e."
    content = [MAGIC, b"\x80\x02M\xe9\x03.", machine, program, listed]
    for values in storages.values():
        content += [values.size.to_bytes(8, "little"), np.ascontiguousarray(values).tobytes()]
    path.write_bytes(b"".join(content))
    return path


def model(views: Mapping[str, View], storages: Mapping[str, Array]) -> bytes:
    """Return the program of a model: an OrderedDict with the attribute that PyTorch gives it."""
    return program(state({name: tensor(view, storages[view.key]) for name, view in views.items()}))


def program(value: bytes) -> bytes:
    return b"\x80\x02" + value + b"."


def state(values: Mapping[str, bytes]) -> bytes:
    pairs = b"".join(text(name) + value for name, value in values.items())
    return ORDERED_DICT + b"(" + pairs + b"u}" + text("_metadata") + ORDERED_DICT + b"sb"


def tensor(view: View, values: Array, *, elements: int | None = None) -> bytes:
    """Return what makes a tensor; `elements` is what it says of the length of the storage."""
    place = storage(_KINDS[values.dtype.name], view.key, values.size if elements is None else elements)
    arguments = place + number(view.offset) + numbers(view.shape) + numbers(view.strides)
    return named("torch._utils", "_rebuild_tensor_v2") + b"(" + arguments + b"\x89" + ORDERED_DICT + b"tR"


def storage(kind: str, key: str, elements: int) -> bytes:
    name = named("torch", f"{kind}Storage")
    return b"(" + text("storage") + name + text(key) + text("cpu") + number(elements) + b"tQ"


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def text(value: str) -> bytes:
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def numbers(values: Sequence[int]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def number(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw
