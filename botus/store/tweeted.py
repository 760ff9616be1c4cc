"""Owns tweeted.json, the log of what was posted: a JSON array, newest last.

Its first two fields are osirisguitar/botus-twitter's (`text`, and `timestamp` in milliseconds), whose
entries stay as they are to the letter: an entry is added or changed by splicing bytes, never by writing
the others anew. A log that does not parse stops everything; it is never taken for an empty one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from botus.errors import FileError
from botus.store.durable import files
from botus.text import fingerprint, unescape

Entry = dict[str, Any]
_REPAIR = "look at it, then run: botus log repair"
_SPACE = " \t\r\n"
_PIECE = 1 << 16  # characters
_OPENING = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*")
_NEXT = re.compile(r"[ \t\r\n,]*(?=\{)")
_AFTER = re.compile(r"[ \t\r\n]*(?:,[ \t\r\n]*(?=\{)|(\]))")  # an entry: a comma and the next, or the end


@dataclass
class _Content:
    """What was read from the log, or written to it, when it had this stamp."""

    stamp: files.Stamp | None
    raw: bytes
    entries: list[Entry]

    @cached_property
    def used(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for entry in self.entries:
            found[fingerprint(entry["text"])] = entry
            if "id" not in entry and "\\" in entry["text"]:
                found[fingerprint(unescape(entry["text"]))] = entry
        return found


class Log:
    """The log of one data directory; it is read again only where somebody else has changed it."""

    def __init__(self, data: Path) -> None:
        self.path = data / "tweeted.json"
        self._known: _Content | None = None

    def entries(self) -> list[Entry]:
        """Return all entries, oldest first; a FileError if the file is damaged in any way."""
        return self._content().entries

    def used(self) -> dict[str, Entry]:
        r"""Return the entry of every fingerprint that the log has.

        The predecessor posted a line as it stood; where such a line held the two characters `\n`, it counts
        as used in both readings.
        """
        return self._content().used

    def scan(self) -> Iterator[Entry]:
        """Yield the same as `entries`, one at a time: a long log need not fit into memory."""
        count = 0
        if self._known is None:
            with suppress(OSError, ValueError, RecursionError):
                for entry in _streamed(self.path):
                    count += 1
                    yield entry
                return
        yield from self.entries()[count:]  # says exactly what is wrong, if anything is

    def append(self, entry: Entry) -> None:
        """Add an entry at the end, durably, unless the log has its `id`; all bytes before it stay."""

        def attempt() -> None:
            old = self._content()
            if any(one.get("id") == entry["id"] for one in old.entries):
                return
            end = old.raw.rindex(b"]")
            head = old.raw[:end].rstrip(_SPACE.encode()) + (b",\n" if old.entries else b"\n")
            self._replace(old, head + render(entry).encode() + b"\n" + old.raw[end:], [*old.entries, entry])

        files.until_unchanged(self.path, attempt)

    def update(self, entry: Entry) -> None:
        """Give the entry with this `id` its new content; all other bytes stay."""

        def attempt() -> None:
            old, text = self._content(), _decode(self.path, self._content().raw)
            place = next(number for number, one in enumerate(old.entries) if one.get("id") == entry["id"])
            start, end = list(_spans(text))[place]
            new = text[:start] + render(entry).lstrip() + text[end:]
            self._replace(old, new.encode(), [*old.entries[:place], entry, *old.entries[place + 1 :]])

        files.until_unchanged(self.path, attempt)

    def _content(self) -> _Content:
        seen = files.stamp(self.path)
        if self._known is None or seen is None or self._known.stamp != seen:
            read = files.read(self.path)
            raw = b"[]" if read is None else read
            self._known = _Content(seen, raw, parse(self.path, _decode(self.path, raw)))
        return self._known

    def _replace(self, old: _Content, raw: bytes, entries: list[Entry]) -> None:
        self._known = _Content(files.replace(self.path, raw, old.stamp), raw, entries)


def parse(path: Path, text: str) -> list[Entry]:
    """Read a log's text strictly; a FileError names line, column and byte of what is wrong first."""
    body = text.removeprefix("\ufeff")
    try:
        entries = json.loads(body)
    except json.JSONDecodeError as error:
        byte = len(text[: len(text) - len(body) + error.pos].encode())
        raise FileError(
            f"{path}, line {error.lineno}, column {error.colno} (byte {byte}): {error.msg}", _REPAIR
        ) from error
    except RecursionError as error:
        raise FileError(f"{path} is nested too deeply to be a log", _REPAIR) from error
    if not isinstance(entries, list):
        raise FileError(f"{path} is not a JSON array", _REPAIR)
    for number, entry in enumerate(entries, 1):
        if not is_entry(entry):
            raise FileError(f"{path}, entry {number}: no text with a timestamp in milliseconds", _REPAIR)
    return entries


def _streamed(path: Path) -> Iterator[Entry]:
    """Yield entries as they are read; raises ValueError wherever the text is not surely a sound log."""
    decode = json.JSONDecoder().raw_decode
    with path.open(encoding="utf-8-sig", newline="") as source:
        text = source.read(_PIECE)
        opening = _OPENING.match(text)
        if opening is None:
            raise ValueError
        position = opening.end()
        while True:
            try:
                entry, end = decode(text, position)
                after = _AFTER.match(text, end)
            except ValueError:
                after = None
            if after is None:
                more = source.read(_PIECE)
                if not more:
                    raise ValueError
                text, position = text[position:] + more, 0
                continue
            if not is_entry(entry):
                raise ValueError
            yield entry
            position = after.end()
            if after[1]:
                if (text[position:] + source.read()).strip(_SPACE):
                    raise ValueError
                return


def is_entry(value: object) -> bool:
    """Tell whether a JSON value can be an entry of the log."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("text"), str)
        and isinstance(value.get("timestamp"), int | float)
    )


def _decode(path: Path, content: bytes) -> str:
    encoding = json.detect_encoding(content)
    if not encoding.startswith("utf-8") and content.strip(b"\0"):
        raise FileError(f"{path} is {encoding[:6].upper()}, not UTF-8", _REPAIR)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(f"{path}, line {line} (byte {error.start}): not UTF-8", _REPAIR) from error


def render(entry: Entry) -> str:
    """Write an entry as it stands in the log."""
    text = json.dumps(entry, indent=2, ensure_ascii=False)
    return "\n".join("  " + line for line in text.split("\n"))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every entry in the text of a sound log."""
    decoder = json.JSONDecoder()
    end = text.index("[") + 1
    while start := _NEXT.match(text, end):
        _, end = decoder.raw_decode(text, start.end())
        yield start.end(), end
