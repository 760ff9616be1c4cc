"""Undoes what Google Takeout does to a comment on YouTube: a cell has its pieces as JSON objects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BEGINS = re.compile(r"\s*\[?\s*\{\s*\"")
_BETWEEN = re.compile(r"[\s,]*")
_PARENT = re.compile(
    r"parent|übergeordnet|bovenliggend|överordna|overordn|nadrzędn|nadřazen|superior|principal|padre|\bpai\b|родител"
    r"|батьк|üst |親|上位|상위|父|上层|上層",
    re.IGNORECASE,
)
_KEYS = frozenset(("text", "takeoutSegments", "mention", "link", "emoji", "videoLink", "bold", "italic"))


def unwrapped(cell: str) -> str:
    """Return the text in a cell, or the cell as it is where it has anything but such objects."""
    if not _BEGINS.match(cell):
        return cell
    decoder, at, pieces = json.JSONDecoder(strict=False), 0, list[Any]()
    try:
        while (at := _end_of_gap(cell, at)) < len(cell):
            value, at = decoder.raw_decode(cell, at)
            pieces += value if isinstance(value, list) else [value]
        texts = [_text(piece) for piece in pieces]
    except (ValueError, RecursionError):
        return cell
    return "".join(texts).strip()


def is_wrapped(cell: str) -> bool:
    """Tell whether a cell begins as those of Takeout do."""
    return bool(_BEGINS.match(cell))


def is_answer(names_and_cells: Mapping[str, str]) -> bool:
    """Tell whether a row names the comment above it, in a column whose name is in any language."""
    return any(cell.strip() and _PARENT.search(name) for name, cell in names_and_cells.items())


def _text(piece: object) -> str:
    if not isinstance(piece, dict) or not _KEYS & piece.keys():
        raise ValueError
    segments = piece.get("takeoutSegments")
    if isinstance(segments, list):
        return "".join(map(_text, segments))
    return str(piece.get("text") or "")


def _end_of_gap(cell: str, at: int) -> int:
    found = _BETWEEN.match(cell, at)
    return found.end() if found else at
