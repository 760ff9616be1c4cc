"""Owns tweeted.json, the log of what was posted: a JSON array, newest last.

Its first two fields are osirisguitar/botus-twitter's (`text`, and `timestamp` in milliseconds), whose
entries stay as they are to the letter: an entry is added or changed by splicing bytes, never by writing
the others anew. A log that does not parse stops everything; it is never taken for an empty one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO, TextIO

from botus.errors import FileError
from botus.store.durable import files
from botus.store.durable.document import TOO_DEEP, TOO_LONG, is_number
from botus.store.durable.lines import copied, end_of
from botus.store.durable.opening import open_file
from botus.store.log.index import Entry, LogIndex, load, save
from botus.text import fingerprint, unescape

_REPAIR = "look at it, then run: botus log repair"
_SPACE = " \t\r\n"
_PIECE = 1 << 16  # characters
_INDENT = 2
_LOOKED_AT = 8
_OPENING = re.compile(r"\ufeff?[ \t\r\n]*\[[ \t\r\n]*")
_AFTER = re.compile(r"[ \t\r\n]*(?:,[ \t\r\n]*(?=\{)|(\]))")  # an entry: a comma and the next, or the end


class Log:
    """The log of one data directory; it is read again only where it is not what its index is about."""

    def __init__(self, data: Path) -> None:
        self.path = data / "tweeted.json"
        self._index_path = data / files.STATE_FOLDER / "log.index"
        self._known: LogIndex | None = None

    def index(self) -> LogIndex:
        """Return what is known of every entry; a FileError if the log is damaged in any way."""
        state = files.state(self.path)
        if self._known is None or self._known.state != state:
            found = load(self._index_path, state) if state else LogIndex()
            if found is None or not self._agrees(found):
                found = files.until_unchanged(self.path, self._built)
                save(self._index_path, found)
            self._known = found
        return self._known

    def scan(self) -> Iterator[Entry]:
        """Yield all entries, oldest first and one at a time; a FileError if the file is damaged."""
        return (entry for entry, _, _ in streamed(self.path))

    def entries(self) -> list[Entry]:
        """The same as a list."""
        return list(self.scan())

    def used(self) -> dict[str, Entry]:
        r"""Return the entry of every fingerprint that the log has.

        The predecessor posted a line as it stood; where such a line held the two characters `\n`, it counts
        as used in both readings.
        """
        found: dict[str, Entry] = {}
        for entry in self.scan():
            found[fingerprint(entry["text"])] = entry
            if "id" not in entry and "\\" in entry["text"]:
                found[fingerprint(unescape(entry["text"]))] = entry
        return found

    def find(self, post: str) -> Entry | None:
        """Return the last entry of a post, by its fingerprint."""
        number = self.index().number(post)
        return None if number is None else self.read([number])[0]

    def read(self, numbers: Iterable[int]) -> list[Entry]:
        """Return the entries at some places, counted from 0."""
        return self._read(self.index(), numbers)

    def append(self, entry: Entry) -> None:
        """Add an entry at the end, durably, unless botus has logged this post; all bytes before it stay."""
        new = render(entry).encode(errors="backslashreplace")

        def attempt() -> None:
            index = self.index()
            if index.has_ours(fingerprint(entry["text"])):
                return
            before = b",\n" if len(index) else b"\n"

            def add(start: int) -> None:
                index.add(entry, start + _INDENT, len(new) - _INDENT)

            if index.state is None:
                self._replace(index, [b"[", before, new, b"\n]"], lambda: add(1 + len(before)))
                return
            with self._open() as source:
                end, rest = _end_of_entries(source, index)
                pieces = chain(copied(source, 0, end), [before, new, b"\n", rest])
                self._replace(index, pieces, lambda: add(end + len(before)))

        files.until_unchanged(self.path, attempt)

    def update(self, entry: Entry) -> None:
        """Give the last entry of this post its new content; all other bytes stay."""
        new = render(entry).encode(errors="backslashreplace")[_INDENT:]

        def attempt() -> None:
            index = self.index()
            place = index.number(fingerprint(entry["text"]))
            assert place is not None
            old = self._read(index, [place])[0]
            start, end = index.starts[place], index.starts[place] + index.lengths[place]
            with self._open() as source:
                pieces = chain(copied(source, 0, start), [new], copied(source, end, end_of(source)))
                self._replace(index, pieces, lambda: index.change(place, old, entry, len(new)))

        files.until_unchanged(self.path, attempt)

    def _open(self) -> BinaryIO:
        try:
            return open_file(self.path)
        except OSError as error:
            raise files.explain(error, self.path, "read") from error

    def _read(self, index: LogIndex, numbers: Iterable[int]) -> list[Entry]:
        found, wanted = list[Entry](), list(numbers)
        if not wanted:
            return found
        with self._open() as source:
            for number in wanted:
                source.seek(index.starts[number])
                found.append(json.loads(source.read(index.lengths[number])))
        return found

    def _replace(self, index: LogIndex, pieces: Iterable[bytes], follow: Callable[[], None]) -> None:
        """Write the log anew; the index follows where nobody else has written meanwhile."""
        self._known = None
        written = files.replace(self.path, pieces, index.state and index.state[:3])
        state = files.state(self.path)
        if state and state[:3] == written:
            follow()
            index.state, self._known = state, index
            save(self._index_path, index)

    def _built(self) -> LogIndex:
        """Make the index anew, of the whole log."""
        index = LogIndex(files.state(self.path))
        for entry, start, length in streamed(self.path):
            index.add(entry, start, length)
        if files.state(self.path) != index.state:
            raise files.Changed
        return index

    def _agrees(self, index: LogIndex) -> bool:
        """Look at a few entries where the index says that they stand, though nothing speaks against it."""
        if not len(index):
            return True
        places = sorted({(len(index) - 1) * part // _LOOKED_AT for part in range(_LOOKED_AT + 1)})
        try:
            posts = [fingerprint(entry["text"]) for entry in self._read(index, places)]
        except (FileError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return False
        return posts == [index.fingerprint(place) for place in places]


def parse(path: Path, text: str, hint: str = _REPAIR) -> list[Entry]:
    """Read a log's text strictly; a FileError with this hint names the line of what is wrong first."""
    body = text.removeprefix("\ufeff")
    try:
        entries = json.loads(body)
    except json.JSONDecodeError as error:
        byte = len(text[: len(text) - len(body) + error.pos].encode(errors="surrogatepass"))
        place = f"{path}, line {error.lineno}, column {error.colno} (byte {byte})"
        raise FileError(f"{place}: from here on it is not JSON", hint) from error
    except (ValueError, RecursionError):  # more digits than Python reads, or a nesting that no stack holds
        raise FileError(f"{path}, {_first_wrong(body)}", hint) from None
    if not isinstance(entries, list):
        raise FileError(f"{path} is not a JSON array", hint)
    if not all(map(is_entry, entries)):
        raise FileError(f"{path}, {_first_wrong(body)}", hint)
    return entries


def _first_wrong(body: str) -> str:
    """Say where the first entry of an array stands that is none, and what is wrong with it."""
    start, decode = body.find("[") + 1, json.JSONDecoder().raw_decode
    for number in count(1):
        while start < len(body) and body[start] in _SPACE + ",":
            start += 1
        try:
            entry, end = decode(body, start)
            if is_entry(entry):
                start = end
                continue
            stamp = entry.get("timestamp") if isinstance(entry, dict) else None
            is_huge = isinstance(stamp, int) and not is_number(stamp)
            wrong = TOO_LONG if is_huge else "no text with a timestamp in milliseconds"
        except ValueError:
            wrong = TOO_LONG
        except RecursionError:
            wrong = TOO_DEEP
        return f"line {body.count(chr(10), 0, start) + 1} (entry {number}): {wrong}"
    raise AssertionError("an array has a last entry")


def streamed(path: Path, hint: str = _REPAIR) -> Iterator[tuple[Entry, int, int]]:
    """Yield the entries of a log as they are read, each with its place and length in bytes.

    Raises:
        FileError: it is damaged; with this hint.
        Changed: somebody is writing to it.
    """
    try:
        yield from _streamed(path)
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError) as error:
        if (content := files.read(path)) is not None:
            parse(path, _decode(path, content, hint), hint)  # says exactly what is wrong
        raise files.Changed from error


def _streamed(path: Path) -> Iterator[tuple[Entry, int, int]]:
    """The same, without saying what is wrong.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: the text is not surely a sound log.
    """
    decode = json.JSONDecoder().raw_decode
    with TextIOWrapper(open_file(path), encoding="utf-8", newline="") as source:
        text = source.read(_PIECE)
        while (opening := _OPENING.match(text)) is None:
            more = source.read(_PIECE)
            if not more or text.strip(_SPACE + "\ufeff"):
                raise ValueError
            text += more
        position = opening.end()
        start = _size(text[:position])
        if text[position : position + 1] == "]":
            _refuse_more(text[position + 1 :], source)
            return
        while True:
            try:
                entry, end = decode(text, position)
                after = _AFTER.match(text, end)
            except ValueError:
                after = None
            if after is None:
                more = source.read(max(_PIECE, len(text)))  # an entry of any length is read but twice
                if not more:
                    raise ValueError
                text, position = text[position:] + more, 0
                continue
            if not is_entry(entry):
                raise ValueError
            length = _size(text[position:end])
            yield entry, start, length
            start += length + after.end() - end
            position = after.end()
            if after[1]:
                _refuse_more(text[position:], source)
                return


def _refuse_more(text: str, source: TextIO) -> None:
    if text.strip(_SPACE) or source.read().strip(_SPACE):
        raise ValueError


def _size(text: str) -> int:
    """How many bytes a text has as UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def _end_of_entries(source: BinaryIO, index: LogIndex) -> tuple[int, bytes]:
    """Where the last entry ends, or the bracket that opens the log; and the bytes from the closing one on."""
    end = index.starts[-1] + index.lengths[-1] if len(index) else 0
    source.seek(end)
    rest = source.read()
    if not len(index):
        end = rest.index(b"[") + 1
    return end, rest[rest.rindex(b"]") :]


def is_entry(value: object) -> bool:
    """Tell whether a JSON value can be an entry of the log."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("text"), str)
        and "timestamp" in value
        and not isinstance(value["timestamp"], bool)
        and is_number(value["timestamp"])
    )


def _decode(path: Path, content: bytes, hint: str) -> str:
    encoding = json.detect_encoding(content)
    if not encoding.startswith("utf-8") and content.strip(b"\0"):
        raise FileError(f"{path} is {encoding[:6].upper()}, not UTF-8", hint)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(f"{path}, line {line} (byte {error.start}): not UTF-8", hint) from error


def render(entry: Entry) -> str:
    """Write an entry as it stands in the log."""
    text = json.dumps(entry, indent=2, ensure_ascii=False)
    return "\n".join("  " + line for line in text.split("\n"))
