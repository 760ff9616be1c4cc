"""Small files that are one JSON value: read strictly, written where they have changed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from botus.errors import FileError
from botus.store.durable import files

Value = TypeVar("Value")


def load(path: Path, make: Callable[[Any], Value], hint: str) -> Value | None:
    """Read a file, and make what it holds of its JSON; None where there is none.

    Raises:
        FileError: with this hint, where `make` cannot make anything of it.
    """
    content = files.read(path)
    if content is None:
        return None
    try:
        return make(json.loads(content))
    except RecursionError as error:
        raise FileError(f"{path} is damaged: it is nested too deeply", hint) from error
    except ValueError as error:
        what = "a number of thousands of digits" if "int_max_str_digits" in str(error) else error
        raise FileError(f"{path} is damaged: {what}", hint) from error
    except (TypeError, KeyError, AttributeError) as error:
        raise FileError(f"{path} is damaged: this is not what botus writes there", hint) from error


def save(path: Path, value: object) -> None:
    """Write a value, durably, unless the file has it already."""
    content = json.dumps(value, indent=1).encode()
    if files.read(path) != content:
        files.make_folder(path.parent)
        files.replace(path, content)


def checked(value: Value) -> Value:
    """Return a dataclass with defaults, or raise ValueError where a field is of another kind than its own."""
    for name, found in vars(value).items():
        default = getattr(type(value)(), name)
        kind = (int, float) if isinstance(default, int | float) else (type(default), str)
        if not isinstance(found, kind):
            raise ValueError(f"{name} is {_shown(found)}")
        if isinstance(found, int | float) and not (is_number(found) and abs(found) <= _LAST_MOMENT):
            raise ValueError(f"{name} is {_shown(found)}")
    return value


def is_number(value: object) -> bool:
    """Tell whether a JSON value is a number that botus can reckon with; `NaN` and 1e400 are none."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


_LAST_MOMENT = 250_000_000_000  # seconds, in the year 9892: later ones no calendar shows


def _shown(value: object) -> str:
    shown = json.dumps(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
