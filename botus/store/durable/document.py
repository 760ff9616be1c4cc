"""Small files that are one JSON value: read strictly, written where they have changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from botus.errors import FileError
from botus.store.durable import files
from botus.store.durable.values import Damage, decoded

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
