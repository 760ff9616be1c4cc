"""The tensors of a `pytorch_model.bin`, read without torch: what torch.save writes of a model.

A pickle says how each tensor is a view of a storage, a run of numbers, which the pickle only refers to by a
key (torch/serialization.py of PyTorch). Both containers are read:

    since 1.6   a zip with NAME/data.pkl, NAME/byteorder, and NAME/data/KEY for each storage
    before      five pickles: a magic number, a version, the machine's sizes, the model, the keys; then the
                storages in that order, each behind the number of its elements (int64)

The program is run by `unpickler`, which knows no function but those in `_FUNCTIONS`. No tensor is believed
before it lies in its storage and the storage in the file; together they are at most four times as long as
the file, since a view can show the same number many times.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from botus.checkpoints.folder_or_tar import AGAIN, StoredFile, refuse_placeholder
from botus.checkpoints.formats.floats import as_float32, check_dtype, check_finite
from botus.checkpoints.formats.pytorch.stored_zip import Member, members
from botus.checkpoints.formats.pytorch.unpickler import (
    LONGEST,
    MOST_ARGUMENTS,
    Function,
    Name,
    Pairs,
    Unpickler,
    damaged,
)
from botus.checkpoints.gpt2 import Floats
from botus.errors import FileError, not_installed

try:
    import numpy as np
except ImportError as error:
    raise not_installed("generate") from error

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_LONGEST_NAME = 256  # characters of a tensor's
_MOST_DIMENSIONS = 8
_MOST = 1 << 48  # elements
_MOST_SHOWN = 4  # times the file
_SLACK = 1 << 20  # bytes, for the smallest
_WRAPPED = ("state_dict", "model_state_dict", "model")  # keys under which trainers put it

_WIDTHS = {"complex128": 16}  # bytes of an element
_WIDTHS |= dict.fromkeys(("float64", "int64", "uint64", "complex64"), 8)
_WIDTHS |= dict.fromkeys(("float32", "int32", "uint32"), 4)
_WIDTHS |= dict.fromkeys(("float16", "bfloat16", "int16", "uint16"), 2)
_WIDTHS |= dict.fromkeys(("int8", "uint8", "bool"), 1)
_STORAGES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "ComplexFloat": "complex64",
    "ComplexDouble": "complex128",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
}
_DTYPES = {f"torch.{kind}Storage": dtype for kind, dtype in _STORAGES.items()}
_DTYPES |= {f"torch.storage.{kind}": "uint8" for kind in ("UntypedStorage", "_UntypedStorage")}  # plain bytes
_DTYPES |= {f"torch.{dtype}": dtype for dtype in _WIDTHS}


class _Storage(NamedTuple):
    key: str
    dtype: str
    elements: int


@dataclass(frozen=True)
class _View:
    """A tensor: where it begins in its storage, and how far apart its elements are in each dimension."""

    storage: _Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class Tensor:
    """A tensor that lies in its file; its values are read when they are asked for."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    _strides: tuple[int, ...]  # elements
    _offset: int  # bytes
    _member: Member

    @property
    def size(self) -> int:
        """How many bytes its values have."""
        return math.prod(self.shape) * _WIDTHS[self.dtype]

    def read(self) -> Floats:
        """Return the values as float32 of the tensor's shape; they may be written to.

        Raises:
            FileError: it cannot be read, is no kind of float, or holds what is no number.
        """
        file = self._member.file
        check_dtype(self.dtype, file.label, self.name)
        if not self.size:
            raise FileError(f"{file.label}: tensor {self.name} has no values", AGAIN)
        raw = file.read(self._offset, _extent(self.shape, self._strides) * _WIDTHS[self.dtype])
        if len(raw) == file.size:
            self._member.check(raw.data)
        flat = as_float32(raw, self.dtype)
        strides = [4 * stride for stride in self._strides]
        view = np.lib.stride_tricks.as_strided(flat, self.shape, strides)
        values = np.ascontiguousarray(view).reshape(self.shape)  # which gives a number a dimension
        check_finite(values, file.label, self.name)
        return values


def read_tensors(file: StoredFile) -> dict[str, Tensor]:
    """Return the tensors of a file by name; no weights are read.

    Raises:
        FileError: it is damaged, or its pickle wants to run anything but what makes tensors.
    """
    beginning = file.beginning()
    refuse_placeholder(beginning, file.label)
    views, storages = _of_zip(file) if beginning.startswith(b"PK\3\4") else _of_pickles(file)
    if any(len(name) > _LONGEST_NAME or not name.isprintable() for name in views):
        raise damaged(file.label, "it has a tensor whose name is none")
    tensors = {name: _tensor(name, view, storages, file.label) for name, view in views.items()}
    if sum(tensor.size for tensor in tensors.values()) > _MOST_SHOWN * file.size + _SLACK:
        raise damaged(file.label, "its tensors are longer than itself")
    return tensors


def _tensor(name: str, view: _View, storages: Mapping[str, Member], label: str) -> Tensor:
    storage, member = view.storage, storages.get(view.storage.key)
    if member is None:
        raise FileError(f"{label} lacks the values of tensor {name}", AGAIN)
    if member.file.size != storage.elements * _WIDTHS[storage.dtype]:
        raise damaged(label, f"the values of tensor {name} are not as many as it says")
    end = view.offset + _extent(view.shape, view.strides)
    if end * _WIDTHS[view.dtype] > member.file.size:
        raise damaged(label, f"tensor {name} lies outside of its values")
    offset = view.offset * _WIDTHS[view.dtype]
    return Tensor(name, view.dtype, view.shape, view.strides, offset, member)


def _extent(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """How many elements of the storage lie between the first and the last of a view, both included."""
    if 0 in shape:
        return 0
    return 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))


# The two containers


def _of_zip(file: StoredFile) -> tuple[dict[str, _View], dict[str, Member]]:
    inside = members(file)
    programs = [name for name in inside if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(programs) != 1:
        raise FileError(f"{file.label} is a zip that holds no model of PyTorch", AGAIN)
    folder = programs[0].removesuffix("data.pkl")
    order = inside.get(f"{folder}byteorder")
    if order and order.file.beginning() != b"little":
        raise _big_endian(file.label)
    program = inside[programs[0]]
    content = program.file.read(0, min(program.file.size, LONGEST)).tobytes()
    if len(content) == program.file.size:
        program.check(content)
    views = _views(_unpickler(content, file.label, {}).load(), file.label)
    data = f"{folder}data/"
    return views, {name.removeprefix(data): one for name, one in inside.items() if name.startswith(data)}


def _of_pickles(file: StoredFile) -> tuple[dict[str, _View], dict[str, Member]]:
    seen: dict[str, _Storage] = {}
    unpickler = _unpickler(file.read(0, min(file.size, LONGEST)).tobytes(), file.label, seen)
    if unpickler.load() != _MAGIC or unpickler.load() != _VERSION:
        raise FileError(f"{file.label} is not what torch.save writes", AGAIN)
    machine = unpickler.load()
    if not isinstance(machine, Pairs) or ("little_endian", True) not in machine:
        raise _big_endian(file.label)
    views, keys = _views(unpickler.load(), file.label), unpickler.load()
    at, storages = unpickler.at, dict[str, Member]()
    for key in keys if isinstance(keys, list) else []:
        storage = seen.pop(key, None) if isinstance(key, str) else None
        if storage is None:
            raise damaged(file.label, "it lists values that no tensor has, or has twice")
        count, at = int.from_bytes(file.read(at, 8).tobytes(), "little"), at + 8
        size = count * _WIDTHS[storage.dtype]
        if at + size > file.size:
            raise FileError(f"{file.label} ends early, at byte {file.size}", AGAIN)
        storages[storage.key] = Member(StoredFile(file.label, file.path, file.start + at, size), 0)
        at += size
    return views, storages


def _big_endian(label: str) -> FileError:
    return FileError(f"{label} was saved on a big-endian machine", "save it again on a common one")


# What the pickle makes


def _views(made: object, label: str) -> dict[str, _View]:
    """Return the tensors of a model, or of the one that a trainer has put beside other things."""
    for _ in range(2):
        pairs = [pair for pair in made if isinstance(pair[0], str)] if isinstance(made, Pairs) else []
        if views := {str(name): view for name, view in pairs if isinstance(view, _View)}:
            return views
        made = next((value for name, value in pairs if name in _WRAPPED), None)
    raise FileError(f"{label} holds no tensors by name", "give the file that model.save_pretrained wrote")


def _unpickler(content: bytes, label: str, seen: dict[str, _Storage]) -> Unpickler:
    """Return the machine for a pickle; `seen` gets the storages that it refers to."""

    def storage(reference: object) -> _Storage:
        match reference:
            case ("storage", Name(kind), str(key), str(), int(count), *rest) if (
                kind in _DTYPES and 0 <= count < _MOST and rest in ([], [None])
            ):
                found = seen.setdefault(key, new := _Storage(key, _DTYPES[kind], count))
                if found == new:
                    return new
        raise damaged(label, "it describes the values of a tensor that cannot be")

    return Unpickler(content, label, _FUNCTIONS, storage)


def _rebuild(storage: object, offset: object, shape: object, strides: object, *_: object) -> _View:
    if not isinstance(storage, _Storage):
        raise TypeError
    place, sizes, steps = _numbers((offset,))[0], _numbers(shape), _numbers(strides)
    if len(sizes) != len(steps) or math.prod(sizes) > _MOST:
        raise ValueError
    return _View(storage, storage.dtype, place, sizes, steps)


def _rebuild_of_type(storage: object, *rest: object) -> _View:
    offset, shape, strides, _, _, dtype, *_ = rest
    if not isinstance(dtype, Name):
        raise TypeError
    return replace(_rebuild(storage, offset, shape, strides), dtype=_DTYPES[dtype.text])


def _numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or len(values) > _MOST_DIMENSIONS:
        raise TypeError
    numbers = tuple(number for number in values if type(number) is int and 0 <= number < _MOST)
    if len(numbers) != len(values):
        raise ValueError
    return numbers


def _parameter(view: object, *_: object) -> object:
    if not isinstance(view, _View):
        raise TypeError
    return view


def _with_attributes(function: object, kind: object, arguments: object, *_: object) -> object:
    """Call one of the functions below, for a tensor that somebody has given attributes."""
    if not isinstance(function, Name) or not isinstance(arguments, tuple):
        raise TypeError
    if function.text not in _REBUILD or len(arguments) > MOST_ARGUMENTS:
        raise ValueError
    return _REBUILD[function.text](*arguments)


_REBUILD: dict[str, Function] = {
    "torch._utils._rebuild_tensor": _rebuild,
    "torch._utils._rebuild_tensor_v2": _rebuild,
    "torch._utils._rebuild_tensor_v3": _rebuild_of_type,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
}
_FUNCTIONS: dict[str, Function | None] = {
    **_REBUILD,
    "torch._tensor._rebuild_from_type_v2": _with_attributes,
    "collections.OrderedDict": lambda: Pairs(),  # a filled one is not made so
    **dict.fromkeys([*_DTYPES, "torch.Tensor", "torch.nn.parameter.Parameter"]),
}
