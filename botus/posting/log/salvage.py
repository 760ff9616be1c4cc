"""What can still be read in a damaged tweeted.json: the whole entries, and every text that is whole.

The text keeps a post from going out twice. So it is looked for where the JSON around it is broken, too: in a
string its quotes would be escaped, so `"text": "` is the begin of a text wherever it stands.
"""

from __future__ import annotations

import html
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain

from botus.store.durable.document import is_number
from botus.store.log.index import Entry
from botus.store.log.tweeted import is_entry

Moment = Callable[[object], float | None]

_INNER = 8  # so many texts may an entry have in it, say of a quoted post
_BEFORE = 64  # so many objects before its text
_LONGEST = 1 << 16  # letters of an entry
_GRACE, _PATIENCE = 1 << 20, 16  # letters, and letters for each one before: so much may be read in vain
_WORTH = 1 << 8  # letters; for fewer an object is not tried
_TEXT_NAMES = ("text", "tweet", "full_text", "status", "message", "content", "body", "post")
_TIME_NAMES = ("timestamp", "date", "time", "created_at", "posted_at", "at")
_NAME = re.compile(rf'"(?:{"|".join(_TEXT_NAMES)})"', re.IGNORECASE)
_CLOSERS = {'"': '"', "'": "'", "“": '”“"', "„": '”“"', "‘": "’'"}
_KEY = re.compile(r"""(?<![\\\w])(?:["'“„‘]?text["'”“’]?\s*:|(["'])text\1\s*(?=["']))\s*""", re.IGNORECASE)
_BEGIN = re.compile(rf"\{{|{_KEY.pattern}", re.IGNORECASE)
_TIME = re.compile(
    r"""(?=(\b(?:timestamp|created_at|date|time)["'”’]?\s*:\s*(?:"([^"\n]*)"|'([^'\n]*)'|(-?[1-9]\d*(?:\.\d+)?)(?![\w.]))))"""
)
_BRACE = re.compile(r"[{}]")
_NEXT_KEY = re.compile(r"""(?<!\\)(["'“„‘])(?=\w+["'”“’]\s*:)""")
_VALUE_ENDS = re.compile(r"""\s*(?:[,}\]:]|\Z|//|/\*|[#<>=]|\{\s*"|["'“„‘]\w+["'”“’]\s*:)|[ \t\r]*\n""")
_GOES_ON = re.compile(r"""\s*,[ \t]*(?![ \t\r\n{}\[\],]|\Z|["'“„‘]?\w+["'”“’]?\s*:)""")
_NO_TEXT = re.compile(r"(?:null|true|false|-?\d[\d.]*)\s*[,}\n]|[{\[,}\]]|\Z")
_BARE = re.compile(r'(?:^|(?<=[\[,]))\s*("(?:[^"\\]|\\.)*")(?=\s*(?:[,\]]|$))', re.DOTALL)
_ESCAPES = re.compile(r"""(\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})|\\(')|(["\\])""")
_STRING = r'"(?:[^"\\]|\\.)*"'
_CUT = r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
_COMMENT = re.compile(rf"({_CUT})|//[^\n]*|/\*.*?(?:\*/|\Z)|#[^\n]*", re.DOTALL)
_COMMA_TOO_MANY = re.compile(rf"({_CUT})|,(?=\s*[,}}\]])", re.DOTALL)
_COMMA_TOO_FEW = re.compile(rf'({_CUT}|[\d}}\]]|true|false|null)(\s(?=\s*"))?', re.DOTALL)


@dataclass(frozen=True)
class Saved:
    """One entry; `raw` is its JSON as it stood where it is sound, else it was put together anew."""

    entry: Entry
    raw: str | None = None


@dataclass
class Salvage:
    """What was read, in order, and the numbers of the lines where something was not understood."""

    saved: list[Saved] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)


def salvage(content: bytes, moment: Moment) -> Salvage:
    """Read what can be read in the bytes of a damaged log.

    Args:
        content: the file, in UTF-8 or whatever else an editor made of it.
        moment: reads a date of any form, in seconds since the epoch; None where it is none.
    """
    text = _unwrapped(_decoded(content))
    if re.match(r'\s*\[\s*"', text):
        with suppress(ValueError, RecursionError):
            whole = json.loads(_loosened(text), strict=False)
            if all(isinstance(one, str) for one in whole):
                return Salvage([_rebuilt(one, None, moment) for one in whole])
    found: list[tuple[int, Saved]] = []
    doubtful: list[int] = []
    rest = 0
    is_inside = False
    for start, end, pieces, is_whole in chain(_spans(text, moment), [(len(text), len(text), [], True)]):
        _between(text[rest:start], rest, is_inside, found, doubtful)
        found += [(start, one) for one in pieces]
        doubtful += [] if is_whole else [start]
        rest, is_inside = end, text[end - 1 : end] != "}"
    breaks = [place for place, letter in enumerate(text) if letter == "\n"]
    lines = sorted({bisect_right(breaks, place) + 1 for place in doubtful})
    return Salvage(_without_repeats([one for _, one in sorted(found, key=lambda each: each[0])]), lines)


def _decoded(content: bytes) -> str:
    """The text; single bytes that are not UTF-8 are letters of Windows-1252, and zeros are nothing."""
    content = content.lstrip(b"\0") if content.startswith(bytes(4)) else content
    encoding = json.detect_encoding(content)
    if not encoding.startswith("utf-8"):
        return content.decode(encoding, "replace").replace("\0", "")
    text = content.decode(encoding, "surrogateescape").replace("\0", "")
    return re.sub(
        "[\udc80-\udcff]", lambda byte: bytes([ord(byte[0]) - 0xDC00]).decode("cp1252", "replace"), text
    )


def _unwrapped(text: str) -> str:
    """The JSON in a JSON string or a web page, in which every quote is escaped; a text as it is otherwise."""
    if re.search(r'"text"\s*:', text, re.IGNORECASE):
        return text
    if re.search(r'\\"text\\"\s*:', text, re.IGNORECASE):
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)
    return html.unescape(text) if re.search(r"&(?:quot|#34|#x22);text&", text, re.IGNORECASE) else text


def _spans(text: str, moment: Moment) -> Iterator[tuple[int, int, list[Saved], bool]]:
    """Yield where each entry or text was found, what it is, and whether it is surely all of it."""
    places = _Places(text)
    position = spent = 0
    while found := _BEGIN.search(text, position):
        start, position = found.start(), found.end()
        if found[0] == "{":
            reach = min(_LONGEST, _GRACE + _PATIENCE * start - spent)
            if reach < _WORTH or not places.holds_text(start):
                continue  # nothing to be found: reading it would take long where thousands lie in each other
            value, end = _object(text, start, places.ends_of_object(start, reach))
            if value is not None and (words := _own_text(value)) is not None:
                yield start, end, list(_of_object(text[start:end], value, words, moment)), True
                position = end
            else:
                spent += end - start
            continue
        readings, end, is_whole = _literal(places, found.end())
        if readings:
            stamp, last = places.stamp(start, end)
            yield start, last, [_rebuilt(words, stamp, moment) for words in readings], is_whole
        else:
            yield start, end, [], False
        position = max(end, found.end())


class _Places:
    """Where in a text the marks of an entry stand, each looked for once and not anew for every entry."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.keys = [*_starts(_KEY, text), len(text)]
        self._names = _starts(_NAME, text)
        self._braces = _starts(_BRACE, text)
        self._opened = _starts(re.compile(r"\{"), text)
        self._times = list(_TIME.finditer(text))
        self._time_starts = [found.start() for found in self._times]
        self._next_keys: dict[str, list[int]] = {}
        for found in _NEXT_KEY.finditer(text):
            self._next_keys.setdefault(found[1], []).append(found.start())
        self._closers: dict[str, tuple[list[int], list[int]]] = {}

    def holds_text(self, start: int) -> bool:
        """Tell whether the name of a text stands behind a brace, with few others between."""
        name = _next(self._names, start, len(self.text))
        between = bisect_right(self._opened, name) - bisect_right(self._opened, start)
        return name < len(self.text) and between <= _BEFORE

    def ends_of_object(self, start: int, reach: int) -> tuple[int, int]:
        """Where an object ends that has no other text in it, and where one that has some, at the latest."""
        key = bisect_right(self.keys, start)
        limits = self.keys[key + 1 : key + _INNER] or self.keys[-1:]
        return min(limits[0], start + reach), min(limits[-1], start + reach)

    def next_key(self, begin: int, opening: str) -> int:
        """Where the next name stands in double quotes, or in the quotes of the text itself."""
        kinds = {'"', opening}
        return min(_next(self._next_keys.get(one, []), begin, len(self.text)) for one in kinds)

    def closers(self, opening: str) -> tuple[list[int], list[int]]:
        """Where quotes stand that may close such a text, and where those behind which a value can end."""
        if opening not in self._closers:
            quotes = re.compile(rf"\\.|[{_CLOSERS[opening]}]", re.DOTALL)
            every = [one.start() for one in quotes.finditer(self.text) if one[0][0] != "\\"]
            last = [place for place in every if _VALUE_ENDS.match(self.text, place + 1)]
            self._closers[opening] = every, last
        return self._closers[opening]

    def stamp(self, start: int, end: int) -> tuple[object, int]:
        """The timestamp beside a text, and where both end; braces part it from others."""
        limit = min(_next(places, end, len(self.text)) for places in (self.keys, self._braces))
        brace = bisect_right(self._braces, start - 1)
        before = self._braces[brace - 1] + 1 if brace else 0
        found = self._time(end, limit) or self._time(before, start)
        if found is None or found.end(1) == len(self.text):  # a number that is cut off
            return None, end
        stamp = _number(found[4]) if found[4] else found[2] or found[3]
        return stamp, max(end, found.end(1))

    def _time(self, start: int, end: int) -> re.Match[str] | None:
        inside = range(bisect_left(self._time_starts, start), bisect_left(self._time_starts, end))
        return next((self._times[one] for one in inside if self._times[one].end(1) <= end), None)


def _starts(pattern: re.Pattern[str], text: str) -> list[int]:
    return [found.start() for found in pattern.finditer(text)]


def _next(places: list[int], after: int, last: int) -> int:
    place = bisect_left(places, after)
    return places[place] if place < len(places) else last


def _number(digits: str) -> object:
    """The number of some digits; the digits themselves where there are thousands of them."""
    with suppress(ValueError):
        return float(digits) if "." in digits else int(digits)
    return digits


def _object(text: str, start: int, limits: tuple[int, int]) -> tuple[Entry | None, int]:
    """The object that begins at a brace, with commas too many or too few, comments and raw line breaks.

    It is looked for up to each of the limits, since an error is slow to make in a long text. Also returns
    where it ends, or how far was looked.
    """
    decoder = json.JSONDecoder(strict=False)
    near, far = (text[start:limit] for limit in limits)
    is_cut = False  # sound as far as it goes, or with a number too long: nothing to put right
    with suppress(ValueError, RecursionError):
        for piece in (near, far):
            try:
                value, end = decoder.raw_decode(piece)
                return value, start + end
            except json.JSONDecodeError as error:
                is_cut = is_cut or (piece is near and error.pos >= len(near))
        if not is_cut:
            value, end = decoder.raw_decode(_loosened(near))
            return value, start + end
    return None, limits[-1]


def _loosened(piece: str) -> str:
    """Put right commas too many or too few, and take comments out; the length stays."""
    piece = _COMMENT.sub(lambda found: found[1] or " " * len(found[0]), piece)
    piece = _COMMA_TOO_MANY.sub(lambda found: found[1] or " ", piece)
    return _COMMA_TOO_FEW.sub(lambda found: found[1] + "," * bool(found[2]), piece)


def _own_text(value: Entry) -> str | None:
    names = {name.casefold(): name for name in reversed(value)}
    return next(
        (value[names[one]] for one in _TEXT_NAMES if one in names and isinstance(value[names[one]], str)),
        None,
    )


def _of_object(raw: str, value: Entry, words: str, moment: Moment) -> Iterator[Saved]:
    """The entry of an object, and the other texts of one in which the name `text` stands twice."""
    stamps = [value[name] for name in _TIME_NAMES if name in value]
    for found in re.finditer(rf'"text"\s*:\s*({_STRING})', raw, re.DOTALL):
        if (other := _value(found[1][1:-1])) != words:
            yield _rebuilt(other, stamps[0] if stamps else None, moment)
    with suppress(ValueError):
        if is_entry(json.loads(raw)):
            yield Saved(value, raw)
            return
    others = {name: one for name, one in value.items() if name not in ("text", "timestamp") and one != words}
    yield _rebuilt(words, stamps[0] if stamps else None, moment, others)


def _rebuilt(words: str, stamp: object, moment: Moment, others: Entry | None = None) -> Saved:
    """An entry with a timestamp in milliseconds: 0 where none can be read, and what stood there beside it."""
    if is_number(stamp) and not isinstance(stamp, bool):
        return Saved({"text": words, "timestamp": stamp, **(others or {})})
    seconds = moment(stamp)
    was = {"timestamp_was": stamp} if seconds is None and stamp is not None else {}
    return Saved({"text": words, "timestamp": round((seconds or 0) * 1000), **was, **(others or {})})


def _literal(places: _Places, start: int) -> tuple[list[str], int, bool]:
    """The text that begins here, where its string ends, and whether both of its quotes are there.

    With two quotes at its end, or a comma behind one that no name follows, either may be the last: both
    readings.
    """
    text, opening = places.text, places.text[start : start + 1]
    closers = _CLOSERS.get(opening)
    if closers is None and _NO_TEXT.match(text, start):
        return [], start, False
    begin = start + (closers is not None)
    limit = places.next_key(begin, opening)
    every, last = places.closers(opening) if closers else ([], [])
    first, end = (_next(each, begin, limit) for each in (every, last))
    if end < limit:
        both = [end - 1, end] if begin < end and _next(every, end - 1, end) < end else [end]
        if _GOES_ON.match(text, end + 1):  # a quote and a comma within the text?
            key = bisect_right(places.keys, begin) + _INNER
            furthest = max(end + 1, min([limit, *places.keys[key : key + 1]]))
            both.append(max(text.rfind(one, begin, furthest) for one in closers or opening))
        return [_value(text[begin:one]) for one in dict.fromkeys(both)], end + 1, True
    if first < limit:  # noise behind it
        return [_value(text[begin:first])], first + 1, False
    # A quote is missing, or the rest of the text is: torn off at another entry, or at the end of the file.
    if closers is None:
        limit = min(limit, _next_line(text, begin))
    words = text[begin:limit].rstrip(", \t\r\n" + (closers or '"'))
    if words.endswith("{"):
        return [], text.rindex("{", begin, limit), False
    is_torn = limit == len(text) or words.endswith(("[", "}")) or not words
    return [] if is_torn else [_value(words)], limit, False


def _next_line(text: str, start: int) -> int:
    place = text.find("\n", start)
    return len(text) if place < 0 else place


def _value(inside: str) -> str:
    """What a string means that stands between quotes; an odd backslash or quote is itself."""
    body = _ESCAPES.sub(lambda found: found[1] or found[2] or "\\" + found[3], inside)
    return str(json.loads(f'"{body}"', strict=False))


def _between(
    piece: str, offset: int, is_inside: bool, found: list[tuple[int, Saved]], doubtful: list[int]
) -> None:
    """Take bare strings of the array between two entries for texts; note where anything else stands."""

    depth, counted = int(is_inside), 0

    def take(bare: re.Match[str]) -> str:
        nonlocal depth, counted
        depth += piece.count("{", counted, bare.start()) - piece.count("}", counted, bare.start())
        counted = bare.start()
        if depth > 0:
            return bare[0]
        found.append((offset + bare.start(), _rebuilt(_value(bare[1][1:-1]), None, lambda _: None)))
        return " " * len(bare[0])

    if word := re.search(r"[^\s\[\]{},;\ufeff]", _BARE.sub(take, piece)):
        doubtful.append(offset + word.start())


def _without_repeats(pieces: list[Saved]) -> list[Saved]:
    """Leave out what stands there twice, as on both sides of a merge conflict."""
    seen: set[str] = set()
    kept = []
    for one in pieces:
        key = json.dumps(one.entry, sort_keys=True)
        if key not in seen:
            kept.append(one)
            seen.add(key)
    return kept
