"""JSON that botus wrote, read strictly: damage is said in words, and so is a value of another kind.

A hand, another program or a broken disk may have left anything: numbers of thousands of digits, a nesting
that no stack holds, `NaN`, half a letter. `load` and `save` are for small files that are one value.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

from botus.errors import FileError
from botus.store.durable import files

Value = TypeVar("Value")

_FIRST_MOMENT, _LAST_MOMENT = -62_000_000_000, 250_000_000_000  # seconds, of years that have dates
_LARGEST = 1 << 63
TOO_LONG, TOO_DEEP = "a number is too long to be read", "it is nested too deeply"
_SHOWN = 40  # characters

Test = Callable[[Any], str]


class Damage(ValueError):
    """What is wrong with a piece of JSON, in words that follow the name of its file."""


def load(path: Path, make: Callable[[Any], Value], hint: str) -> Value | None:
    """Read a file, and make what it holds of its JSON; None where there is none.

    Raises:
        FileError: with this hint, where `make` cannot make anything of it.
    """
    content = files.read(path)
    if content is None:
        return None
    try:
        return make(decoded(content))
    except Damage as error:
        raise FileError(f"{path} is damaged: {error}", hint) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError(f"{path} is damaged: this is not what botus writes there", hint) from error


def save(path: Path, value: object) -> None:
    """Write a value, durably, unless the file has it already."""
    content = json.dumps(value, indent=1).encode()
    if files.read(path) != content:
        files.make_folder(path.parent)
        files.replace(path, content)


def decoded(content: bytes | str) -> Any:  # noqa: ANN401
    """Return what JSON says.

    Raises:
        Damage: it cannot be read.
    """
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        text = error.doc.rstrip()
        place = min(error.pos, len(text))
        line = f"line {text.count(chr(10), 0, place) + 1}, " if "\n" in text else ""
        raise Damage(f"not JSON at {line}column {place - text.rfind(chr(10), 0, place)}") from error
    except UnicodeDecodeError as error:
        raise Damage("not UTF-8") from error
    except ValueError as error:  # more digits than Python reads
        raise Damage(TOO_LONG) from error
    except RecursionError as error:
        raise Damage(TOO_DEEP) from error


def check(kind: Any, value: object) -> None:  # noqa: ANN401
    """Raise Damage where a JSON value is of another kind.

    Args:
        kind: an annotation, such as `str`, `list[int]` or `float | None`, or a dataclass or TypedDict, of
            whose fields those are looked at that are there. A `float` is a number within the dates that a
            calendar shows, an `int` any number that is not huge.
    """
    if wrong := _test(kind)(value):
        raise Damage(wrong if _has_name(wrong) else f"it {wrong}")


def is_number(value: object) -> bool:
    """Tell whether a JSON value is a number that botus can reckon with; `NaN` and 1e400 are none."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


@functools.cache
def _test(kind: Any) -> Test:  # noqa: ANN401
    """A function that says what is wrong with a value: "is …", with the name of its field if it is in one."""
    parts, origin = get_args(kind), get_origin(kind)
    if is_dataclass(kind) or is_typeddict(kind):
        fields = {name: _test(one) for name, one in get_type_hints(kind).items()}
        return lambda value: _of_fields(fields, value)
    if origin is Literal:
        return lambda value: "" if value in parts and not isinstance(value, bool) else _shown(value)
    if origin is list or origin is tuple:
        return lambda value: _of_all(_test(parts[0]), value) if isinstance(value, list) else _shown(value)
    if origin is dict or origin is Mapping:
        return lambda value: (
            _of_all(_test(parts[1]), value.values()) if isinstance(value, dict) else _shown(value)
        )
    if parts:
        return functools.partial(_of_any, [_test(one) for one in parts])
    if kind is int or kind is float:
        return lambda value: "" if _is_of(kind, value) else _shown(value)
    if kind is str:
        return lambda value: "" if isinstance(value, str) and is_text(value) else _shown(value)
    return lambda value: "" if kind is Any or isinstance(value, kind) else _shown(value)


def _is_of(kind: type, value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    if kind is int:  # another program may write 7 as 7.0
        return -_LARGEST <= value <= _LARGEST and value == int(value)
    return _FIRST_MOMENT <= value <= _LAST_MOMENT


def _of_fields(fields: dict[str, Test], value: object) -> str:
    if not isinstance(value, dict):
        return _shown(value)
    for name, test in fields.items():
        if name in value and (wrong := test(value[name])):
            return wrong if _has_name(wrong) else f"{name} {wrong}"
    return ""


def _of_all(test: Test, values: Any) -> str:  # noqa: ANN401
    return next(filter(None, map(test, values)), "")


def _of_any(tests: list[Test], value: object) -> str:
    found = [test(value) for test in tests]
    return "" if "" in found else max(found, key=_has_name)


def _has_name(wrong: str) -> bool:
    return not wrong.startswith("is ")


def is_text(value: str) -> bool:
    """Tell whether a string can be written: half a letter cannot, unless it stands for a single byte."""
    try:
        return value.isascii() or value.encode("utf-8", "surrogateescape") is not None
    except UnicodeEncodeError:
        return False


def _shown(value: object) -> str:
    try:
        shown = json.dumps(value)
    except (ValueError, RecursionError):
        shown = "a value that is too long"
    return f"is {shown if len(shown) <= _SHOWN else f'{shown[:_SHOWN]}…'}"
