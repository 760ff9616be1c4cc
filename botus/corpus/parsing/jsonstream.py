"""Reads JSON of any size value by value: arrays, objects that hold arrays, values that follow one another.

ijson finds the tokens; no more is held than a few pieces of the file and the value in hand. Programs also
write what the standard forbids (halves of letters, NaN, line breaks in strings): that is put right first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

import ijson

from botus.corpus.parsing.decoding import LONGEST
from botus.errors import FileError

_ASSIGNED = re.compile(r"\s*(?:(?:var|let|const)\s+)?[\w.$]+(?:\[[^\]]{1,40}\])*\s*=\s*")
# A whole pair of surrogates is matched first, so that what is left for the group is half of one.
_HALF = re.compile(r"\\\\|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(\\u[dD][89a-fA-F]\w\w)")
_NOT_A_NUMBER = re.compile(r'(?<=":)\s*(?:NaN|-?Infinity)(?=\s*[,}])')
_CONTROL = re.compile("[\x00-\x1f]")
_ESCAPED = str.maketrans({chr(code): " " for code in range(32)} | {"\n": r"\n", "\r": r"\r", "\t": r"\t"})
# ijson crashes where Python refuses to make a number, which it does from 4,300 digits on.
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_MANY_DIGITS = re.compile(rb"(\d{4000})\d+")
_ADDRESS = re.compile(r"[\d:/]")
_DEEPEST = 500
_LEVELS, _FEW = 3, 20
_AGAIN = "if it was cut off, download it again"

MOST = 1000
"""Arrays of one object, and its other values, that `survey` tells."""
Event = tuple[str, Any]


def elements(
    pieces: Iterable[str], place: str, paths: Sequence[tuple[str, ...]] = (), longest: int = LONGEST
) -> Iterator[Any]:
    """Yield the elements of the array that a file is, assigns to a name, or has at some paths.

    Args:
        pieces: the text of the file.
        place: how to name it to the person.
        paths: the keys that lead to each array where the file is an object; none: the object itself.
        longest: how many letters an element may have.

    Raises:
        FileError: it is not JSON, ends too early, or an element is too long.
    """
    source = _Source(_assigned(pieces, place), place, longest)
    events = chain.from_iterable(source)
    if next(events)[0] == "start_array":
        yield from source.values(events)
    elif paths:
        yield from source.found(events, paths)
    else:
        rest = dict[str, Any]()
        for event, name in events:
            if event == "end_map":
                break
            rest[name] = next(source.values(events))
        yield rest


def is_by_name(record: Mapping[str, Any]) -> bool:
    """Tell whether an object has objects by their numbers or addresses, as an array would have them."""
    return bool(record) and all(
        isinstance(one, dict) and _ADDRESS.search(name) for name, one in record.items()
    )


def survey(pieces: Iterable[str], place: str) -> tuple[dict[tuple[str, ...], list[Any]], dict[str, Any]]:
    """Return what an object has: its arrays with their first elements, and its other values by name.

    Arrays of objects within it are there too, by the keys that lead to them, and so are objects that have
    other objects by their numbers or addresses; of a file that is an array, and
    of one with thousands of values, there is nothing. Raises FileError as `elements` does.
    """
    source = _Source(_assigned(pieces, place), place, LONGEST)
    events = chain.from_iterable(source)
    arrays: dict[tuple[str, ...], list[Any]] = {}
    rest: dict[str, Any] = {}
    if next(events)[0] == "start_array":
        return {}, {}
    source.look(events, (), arrays, rest)
    return arrays, rest


def values(pieces: Iterable[str], place: str, longest: int = LONGEST) -> Iterator[Any]:
    """Yield values that follow one another, one to a line or not (JSON Lines); raises as `elements` does."""
    source = _Source(pieces, place, longest)
    return source.values(chain.from_iterable(source))


def document(pieces: Iterable[str], place: str) -> Any:  # noqa: ANN401 (JSON is of any type)
    """Parse a whole small file; raises FileError as `elements` does."""
    return next(values(_assigned(pieces, place), place))


class _Source:
    """The text as ijson's events, a list of them for each piece."""

    def __init__(self, pieces: Iterable[str], place: str, longest: int) -> None:
        self._pieces, self._place, self._longest = pieces, place, longest
        self._held = 0  # letters since a value was complete
        self._is_in_string = False

    def __iter__(self) -> Iterator[list[Event]]:
        events = ijson.sendable_list()
        parser = ijson.basic_parse_coro(events, multiple_values=True)
        for text in chain(self._cut_after_commas(), [""]):
            damage: Exception | None = None
            try:
                parser.send(_standard(self._escaped(text))) if text else parser.close()
            except (ijson.JSONError, ArithmeticError, ValueError) as error:
                damage = error
            yield list(events)
            events.clear()
            if damage:
                raise self._damaged(damage) from damage

    def values(self, events: Iterator[Event]) -> Iterator[Any]:
        """Build the values that come next, up to the end of the array or object that they stand in."""
        stack: list[Any] = []
        key = ""
        for event, value in events:
            if event == "map_key":
                key = value
                continue
            if event == "end_map" or event == "end_array":
                if not stack:
                    return
                value = stack.pop()
            else:
                is_start = event == "start_map" or event == "start_array"
                if is_start:
                    value = {} if event == "start_map" else []
                elif isinstance(value, Decimal):
                    value = float(value)
                if stack and isinstance(stack[-1], list):
                    stack[-1].append(value)
                elif stack:
                    stack[-1][key] = value
                if is_start:
                    stack.append(value)
                    if len(stack) > _DEEPEST:
                        raise self._error("its values are nested too deeply")
            if not stack:
                self._held = 0
                yield value

    def found(self, events: Iterator[Event], paths: Sequence[tuple[str, ...]]) -> Iterator[Any]:
        """Yield what the arrays and the objects at some paths have, below the object that has just begun."""
        below: dict[str, list[tuple[str, ...]]] = {}
        for first_key, *rest in paths:
            below.setdefault(first_key, []).append(tuple(rest))
        for event, name in events:
            if event == "end_map":
                return
            first = next(events)
            inner = below.get(name, [])
            if () in inner and first[0] in ("start_array", "start_map"):
                yield from self.values(events)
            elif inner and first[0] == "start_map":
                yield from self.found(events, inner)
            else:
                self._pass(first, events)

    def look(
        self,
        events: Iterator[Event],
        path: tuple[str, ...],
        arrays: dict[tuple[str, ...], list[Any]],
        rest: dict[str, Any],
    ) -> None:
        """Note what the object that has just begun has, down to `_LEVELS` objects within objects."""
        for event, name in events:
            if event == "end_map":
                return
            first, below = next(events), (*path, name)
            if first[0] == "start_array":
                few = list[Any]()
                for element in self.values(events):
                    few += [element] if len(few) < _FEW and len(arrays) < MOST else []
                if len(arrays) < MOST:
                    arrays[below] = few
            elif first[0] == "start_map" and len(below) < _LEVELS:
                inner, found = dict[str, Any](), dict[tuple[str, ...], list[Any]]()
                self.look(events, below, found, inner)
                if is_by_name(inner):
                    arrays[below] = list(inner.values())[:_FEW]
                    continue
                arrays |= found
                if len(rest) < MOST:
                    rest[name] = inner
            else:
                value = next(self.values(chain([first], events)))
                if len(rest) < MOST:
                    rest[name] = value

    def _pass(self, first: Event, events: Iterator[Event]) -> None:
        """Go past a value, whatever its size."""
        depth = 0
        for event, _ in chain([first], events):
            depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
            self._held = 0
            if not depth:
                return

    def _cut_after_commas(self) -> Iterator[str]:
        """The pieces, cut so that neither an escape nor a number is in two halves."""
        rest = ""
        for piece in self._pieces:
            self._held += len(piece)
            if self._held > self._longest + len(piece):
                raise self._error(
                    f"a value is longer than {self._longest:,} letters", "is it an export of posts?"
                )
            head, comma, rest = (rest + piece).rpartition(",")
            if comma:
                yield head + comma
        if rest:
            yield rest

    def _escaped(self, text: str) -> str:
        """Escape line breaks and tabs within strings, which the standard forbids, and drop other controls."""
        masked = text.replace(r"\\", "__").replace(r"\"", "__")  # of the same length
        was_in_string = self._is_in_string
        self._is_in_string ^= masked.count('"') % 2 == 1
        parts, first = masked.split('"'), int(not was_in_string)
        if not _CONTROL.search("".join(parts[first::2])):
            return text
        at = 0
        for number, part in enumerate(parts):
            own = text[at : at + len(part)]
            at += len(part) + 1
            parts[number] = own.translate(_ESCAPED) if number % 2 == first else own
        return '"'.join(parts)

    def _error(self, what: str, hint: str = _AGAIN) -> FileError:
        return FileError(f"{self._place}: {what}", hint)

    def _damaged(self, error: Exception) -> FileError:
        said = str(error)
        if "premature EOF" in said or said.startswith("Incomplete"):
            return FileError(f"{self._place} ends in the middle of its JSON", _AGAIN)
        if not isinstance(error, ijson.JSONError):
            return self._error("not JSON: a number is too large")
        # yajl's three lines: the reason, what is around the place, an arrow; without yajl, one of any length.
        lines = said.removeprefix("parse error: ").removeprefix("lexical error: ").split("\n")
        reason, near, *_ = ["".join(filter(str.isprintable, line.strip()))[:100] for line in [*lines, ""]]
        return self._error(f"not JSON: {reason.rstrip('.')}" + (f", near {near}" if near else ""))


def _assigned(pieces: Iterable[str], place: str) -> Iterator[str]:
    """The text without JavaScript's `window.YTD.tweets.part0 = `."""
    source, start = iter(pieces), ""
    while len(start) < 256 and (piece := next(source, None)) is not None:
        start += piece
    start = start[found.end() :] if (found := _ASSIGNED.match(start)) else start
    if not start.strip():
        raise FileError(f"{place} is empty", _AGAIN)
    if start.lstrip()[0] not in "[{":
        raise FileError(f"{place}: not JSON: neither an array nor an object begins there", _AGAIN)
    yield start
    yield from source


def _standard(text: str) -> bytes:
    """Take out halves of letters, turn NaN into null, shorten numbers."""
    if "\\u" in text:
        text = _HALF.sub(lambda found: "" if found[1] else found[0], text)
    if "NaN" in text or "Infinity" in text:
        text = _NOT_A_NUMBER.sub("null", text)
    raw = text.encode()
    return _MANY_DIGITS.sub(rb"\1", raw) if b"0" * 4001 in raw.translate(_DIGITS) else raw
