"""Reads plain text, one post per line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from botus.files import explain
from botus.sources.found import Found


def posts(path: Path, notes: list[str]) -> Iterator[Found]:
    """Yield every line that is not blank."""
    try:
        with open(path, encoding="utf-8-sig") as source:
            for line in source:
                if line.strip():
                    yield Found(line.strip())
    except OSError as error:
        raise explain(error, path, "read") from error
