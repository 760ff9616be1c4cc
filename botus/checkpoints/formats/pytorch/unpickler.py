"""Reads what a file of tensors holds as a pickle, and runs nothing.

A pickle is a program for a machine with a stack (Python's pickletools.py describes its instructions), and
Python's own reader calls whatever function it names. The machine here has the instructions that torch.save
writes, and no other. A function is one of those its user gives it; any other is refused where it is named.

What an instruction makes costs no more than a hundred bytes and is made of what the program says, so the
program's length bounds memory and time. Nothing is hashed, compared or shown but strings: a tuple that holds
another one twice, thirty deep, costs nothing, and a dict is a list of its pairs.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from botus.checkpoints.folder_or_tar import AGAIN
from botus.errors import FileError
from botus.text import printable

LONGEST = 1 << 20  # bytes of a program; that of GPT-2's largest size has 100,000
MOST_ARGUMENTS = 10  # of a function

_LONGEST_NAME = 100  # characters of a function's name
_REFUSED = (
    "load it in nothing else either: ask whoever made it for model.safetensors; "
    "if it is your own, save the model with model.save_pretrained(FOLDER)"
)

Function = Callable[..., object]


class Name(NamedTuple):
    """A function or class of the program's user, such as torch.FloatStorage: its name, not itself."""

    text: str


class Pairs(list[tuple[object, object]]):
    """A dict: its keys and values in order, of which a later one replaces an earlier one."""


def refuse(label: str, name: str) -> FileError:
    """Return the error for a program that names something it must not use."""
    shown = printable(name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…")
    return FileError(f"{label} wants to run {shown}: a model holds only tensors, so it is refused", _REFUSED)


def damaged(label: str, how: str) -> FileError:
    """Return the error for a program that says what cannot be."""
    return FileError(f"{label} is damaged: {how}", AGAIN)


@dataclass
class Unpickler:
    """The machine.

    Args:
        content: one program or several after each other; at most `LONGEST` bytes.
        label: names the file in errors.
        functions: by their full names; None for what is only a name, such as a class of storages.
        persistent: makes of a persistent id, by which a program refers to what lies outside of it, a value.
    """

    content: bytes
    label: str
    functions: Mapping[str, Function | None]
    persistent: Function
    at: int = 0
    _stack: list[object] = field(default_factory=list)
    _marked: list[list[object]] = field(default_factory=list)
    _memo: dict[int, object] = field(default_factory=dict)

    def load(self) -> object:
        """Run one program and return what it makes; `at` is then behind it.

        Raises:
            FileError: it is damaged, or wants anything but tensors.
        """
        self._stack, self._marked, self._memo = [], [], {}
        try:
            while (code := self._take(1)) != b".":
                instruction = _INSTRUCTIONS.get(code)
                if instruction is None:
                    raise self._strange(code)
                instruction(self)
            return self._stack.pop()
        except IndexError as error:
            raise damaged(self.label, "an instruction misses what it works on") from error
        except UnicodeDecodeError as error:
            raise damaged(self.label, "a text in it is not UTF-8") from error

    def _strange(self, code: bytes) -> FileError:
        known = {one.code: one.name for one in pickletools.opcodes}.get(code.decode("latin-1"))
        if known is None:
            return damaged(self.label, f"byte {self.at - 1} is no instruction of a pickle")
        return refuse(self.label, f"the instruction {known} of a pickle")

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.content):
            raise damaged(self.label, "it does not end")
        taken, self.at = self.content[self.at : end], end
        return taken

    def _number(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self._take(size), "little", signed=signed)

    def _text(self, size: int) -> str:
        return self._take(self._number(size)).decode()

    def _line(self) -> str:
        end = self.content.find(b"\n", self.at, self.at + 1000)
        if end < 0:
            raise damaged(self.label, "a name does not end")
        return self._take(end + 1 - self.at)[:-1].decode("utf-8", "replace")

    def _pop(self, count: int) -> list[object]:
        if count > len(self._stack):
            raise IndexError
        taken = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        return taken

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _mark(self) -> None:
        self._marked.append(self._stack)
        self._stack = []

    def _to_mark(self) -> list[object]:
        above, self._stack = self._stack, self._marked.pop()
        return above

    def _append(self, values: list[object]) -> None:
        onto = self._stack[-1]
        if type(onto) is not list:
            raise damaged(self.label, "it appends to what is no list")
        onto.extend(values)

    def _set(self, values: list[object]) -> None:
        onto = self._stack[-1]
        if not isinstance(onto, Pairs) or len(values) % 2:
            raise damaged(self.label, "it sets a value in what is no dict")
        onto.extend(zip(values[::2], values[1::2], strict=True))

    def _name(self, module: object, name: object) -> Name:
        text = f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else "what has no name"
        if text not in self.functions:
            raise refuse(self.label, text)
        return Name(text)

    def _make(self, module: str, name: str) -> None:
        raise refuse(self.label, f"{module}.{name}")

    def _call(self) -> None:
        name, arguments = self._pop(2)
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise damaged(self.label, "it calls what is no function")
        self._push(self.call(name, arguments))

    def call(self, name: Name, arguments: tuple[object, ...]) -> object:
        """Call one of the functions.

        Raises:
            FileError: it is only a name, or the arguments are none of a tensor.
        """
        function = self.functions[name.text]
        if function is None:
            raise refuse(self.label, name.text)
        try:
            if len(arguments) > MOST_ARGUMENTS:  # each call looks at all of them
                raise ValueError
            return function(*arguments)
        except (TypeError, ValueError) as error:
            raise damaged(self.label, "it describes a tensor that cannot be") from error

    def _build(self) -> None:
        """Give an object its attributes: an OrderedDict has some of PyTorch's, which are passed over."""
        self._pop(1)
        if not isinstance(self._stack[-1], Pairs):
            raise damaged(self.label, "it gives attributes to what has none")

    def _refer(self) -> None:
        self._stack[-1] = self.persistent(self._stack[-1])

    def _keep(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _recall(self, index: int) -> None:
        if index not in self._memo:
            raise damaged(self.label, "it uses a value that it has not made")
        self._push(self._memo[index])


# By their names in pickletools.py. What only other programs than torch.save's have is missing: those that
# make objects (OBJ, NEWOBJ, EXT; INST is here for its name), bytes, sets, numbers as text.
_INSTRUCTIONS: dict[bytes, Callable[[Unpickler], object]] = {
    b"\x80": lambda it: it._take(1),  # PROTO
    b"\x95": lambda it: it._take(8),  # FRAME, whose length only helps whoever reads in pieces
    b"(": lambda it: it._mark(),
    b"0": lambda it: it._pop(1),
    b")": lambda it: it._push(()),
    b"t": lambda it: it._push(tuple(it._to_mark())),
    b"\x85": lambda it: it._push(tuple(it._pop(1))),
    b"\x86": lambda it: it._push(tuple(it._pop(2))),
    b"\x87": lambda it: it._push(tuple(it._pop(3))),
    b"]": lambda it: it._push([]),
    b"a": lambda it: it._append(it._pop(1)),
    b"e": lambda it: it._append(it._to_mark()),
    b"}": lambda it: it._push(Pairs()),
    b"s": lambda it: it._set(it._pop(2)),
    b"u": lambda it: it._set(it._to_mark()),
    b"N": lambda it: it._push(None),
    b"\x88": lambda it: it._push(True),
    b"\x89": lambda it: it._push(False),
    b"K": lambda it: it._push(it._number(1)),  # BININT1
    b"M": lambda it: it._push(it._number(2)),
    b"J": lambda it: it._push(it._number(4, signed=True)),
    b"\x8a": lambda it: it._push(it._number(it._number(1), signed=True)),  # LONG1
    b"G": lambda it: it._push(struct.unpack(">d", it._take(8))[0]),
    b"\x8c": lambda it: it._push(it._text(1)),  # SHORT_BINUNICODE
    b"X": lambda it: it._push(it._text(4)),
    b"q": lambda it: it._keep(it._number(1)),  # BINPUT
    b"r": lambda it: it._keep(it._number(4)),
    b"\x94": lambda it: it._keep(len(it._memo)),  # MEMOIZE
    b"h": lambda it: it._recall(it._number(1)),  # BINGET
    b"j": lambda it: it._recall(it._number(4)),
    b"c": lambda it: it._push(it._name(it._line(), it._line())),  # GLOBAL
    b"i": lambda it: it._make(it._line(), it._line()),  # INST
    b"\x93": lambda it: it._push(it._name(*it._pop(2))),  # STACK_GLOBAL
    b"R": lambda it: it._call(),
    b"b": lambda it: it._build(),
    b"Q": lambda it: it._refer(),  # BINPERSID
}
