"""Reads the elements of a JSON array one by one, however long the file, whatever is around the array.

Pieces of text go in, parsed elements come out. What is before the array may be JavaScript's assignment
(`window.YTD.tweets.part0 = `) or an object that holds it (`{"totalItems": 2, "orderedItems": [`). No more
of the file is held than a few pieces and the longest element.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from botus.corpus.parsing.decoding import LONGEST
from botus.errors import FileError

_ASSIGNED = re.compile(r"\s*(?:(?:var|let|const)\s+)?[\w.$]+(?:\[[^\]]{1,40}\])*\s*=\s*")
_SPACE = re.compile(r"[ \t\r\n]*")
_AGAIN = "if it was cut off, download it again"


def elements(
    pieces: Iterable[str], place: str, key: str | None = None, longest: int = LONGEST
) -> Iterator[Any]:
    """Yield the elements of the array that a file is, assigns to a name, or has under a key.

    Args:
        pieces: the text of the file.
        place: how to name it to the person.
        key: the key of a top-level object that holds the array; None: every key whose value is an array, and
            where there is none, the object itself.
        longest: how many letters an element may have.

    Raises:
        FileError: it is not JSON, ends too early, or an element is too long.
    """
    window = _Window(pieces, place, longest)
    window.skip_assignment()
    if window.peek() == "[":
        yield from _array(window)
    elif window.peek() == "{":
        yield from _object(window, key)
    elif not window.peek():
        raise window.cut_off()
    else:
        raise window.damaged("neither an array nor an object begins there")


def values(pieces: Iterable[str], place: str, longest: int = LONGEST) -> Iterator[Any]:
    """Yield values that follow one another, one to a line or not (JSON Lines); raises as `elements` does."""
    window = _Window(pieces, place, longest)
    while window.peek():
        yield window.value()


def document(pieces: Iterable[str], place: str) -> Any:  # noqa: ANN401 (JSON is of any type)
    """Parse a whole small file; raises FileError as `elements` does."""
    return _Window(pieces, place, LONGEST).value()


def _array(window: _Window) -> Iterator[Any]:
    window.take("[")
    if window.peek() == "]":
        window.take("]")
        return
    while True:
        yield window.value()
        if window.take(",]") == "]":
            return


def _object(window: _Window, key: str | None) -> Iterator[Any]:
    window.take("{")
    found_array = False
    rest: dict[str, Any] = {}
    while window.peek() != "}":
        name = window.value()
        window.take(":")
        if window.peek() == "[":
            wanted = key is None or name == key
            found_array |= wanted
            for element in _array(window):
                if wanted:
                    yield element
        else:
            value = window.value()
            if key is None and not found_array:
                rest[str(name)] = value
        if window.take(",}") == "}":
            break
    if key is None and not found_array and rest:
        yield rest


class _Window:
    """The part of the text that is held, and the place in it."""

    def __init__(self, pieces: Iterable[str], place: str, longest: int) -> None:
        self._pieces = iter(pieces)
        self._place, self._longest = place, longest
        self._text = ""
        self._at = self._before = 0
        self._ended = False
        self._decode: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(strict=False).raw_decode

    def skip_assignment(self) -> None:
        self._more(256)
        if found := _ASSIGNED.match(self._text):
            self._at = found.end()

    def peek(self) -> str:
        """The next letter that is no white space; "" at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # matches ""
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        letter = self.peek()
        if not letter:
            raise self.cut_off()
        if letter not in wanted:
            raise self.damaged(f"{' or '.join(wanted)} is missing")
        self._at += 1
        return letter

    def value(self) -> Any:  # noqa: ANN401 (JSON is of any type)
        """Parse the value that begins here, reading on until it is complete."""
        self.peek()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                self._read_on(error)
            except (RecursionError, ValueError) as error:
                raise self.damaged("its values are nested too deeply or too long") from error
            else:
                # A number at the end of the window may go on in the next piece.
                if end < len(self._text) or self._ended or not self._more():
                    self._at = end
                    return value

    def damaged(self, what: str) -> FileError:
        return FileError(f"{self._place}: not JSON at letter {self._before + self._at + 1:,}: {what}", _AGAIN)

    def cut_off(self) -> FileError:
        if self._before + len(self._text) == 0:
            return FileError(f"{self._place} is empty", _AGAIN)
        return FileError(f"{self._place} ends in the middle of its JSON", _AGAIN)

    def _read_on(self, error: json.JSONDecodeError) -> None:
        is_incomplete = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - 10
        if not is_incomplete:
            self._at = error.pos
            raise self.damaged(error.msg) from error
        held = len(self._text) - self._at
        if held > self._longest:
            raise FileError(
                f"{self._place}: the element at letter {self._before + self._at + 1:,} is longer than "
                f"{self._longest:,} letters",
                "is it an export of posts?",
            ) from error
        # As much again: an element of any length is then parsed a few times at most.
        if not self._more(min(held, self._longest - held + 1)):
            raise self.cut_off() from error

    def _more(self, wanted: int = 1) -> bool:
        """Drop what is parsed and read on; False where the text has ended."""
        parts = [self._text[self._at :]]
        self._before += self._at
        self._at = 0
        got = 0
        while got < wanted and not self._ended:
            piece = next(self._pieces, None)
            self._ended = piece is None
            parts.append(piece or "")
            got += len(piece or "")
        self._text = "".join(parts)
        return got > 0
