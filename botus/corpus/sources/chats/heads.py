"""How a message of a conversation begins: with a stamp, a name or both, in whatever program and locale.

A stamp is told by its digits (of any script) and what joins them; words are allowed only where dates have
them. The names are told later, by returning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

_LONGEST_NAME = 120
_CUTS = 6  # places of a line where a name may end and a stamp begin
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u3000]")
_LETTER = r"(?:(?![\d_])[\w\u0300-\u036f\u0900-\u109f\u1780-\u17d3])"  # with the vowel signs of India
_WORD = rf"{_LETTER}{{1,14}}[.,]{{0,2}}"
_HALF = (  # before noon or after, where it follows the clock
    r"[ap]\.?\s?m\.?|[ap](?=\])|μ\.?\s?μ\.?|π\.?\s?μ\.?|[صم]|午前|午後|上午|下午|오전|오후|SA|CH|Ö[ÖS]|d[eu]\.|[fe]\.?m\.?"
    r"|PTG|PG|Uhr|uur|h|priekšp\.|pēcp\.|дп|пп|ДП|ПП|vorm\.|nachm\.|pr\.\s?Kr\.|ip\.|ap\."
)
_CLOCK = (
    r"(?:T(?=\d))?\d{1,3}(?:\s?[:：]\s?\d\d|\s?h\s?\d\d|[.٫]\d\d){1,2}(?:[.,]\d{1,9})?(?![\d%])(?![.:/-]\d)"
    rf"(?:\s?(?:{_HALF})(?=\W|$))?"
    r"(?:\s?(?:Z|UTC|GMT)(?:[+-]\d{1,2}(?::?\d\d)?)?(?!\w)|\s?[+-]\d\d:?\d\d(?!\d))?"
)
_RANGE = r"\d{1,3}(?::\d{1,2}){1,2}(?:[.,]\d{1,3})?"  # of a subtitle
_EAST_CLOCK = r"\d{1,2}\s?[時时点點시]\s?\d{1,2}\s?[分분]?(?:\s?\d{1,2}\s?[秒초])?"
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|º|\.)?"
_MONTH = r"[^\W\d_]{3,12}[.,]{0,2}"
_DATE = (
    r"\d{10}(?:\d{3})?(?!\d)"  # seconds of Unix
    r"|\d{1,4}(?P<join>[./-])\s?\d{1,2}(?P=join)\s?\d{1,4}\.?(?!\d)"  # 31.12.20, 2020. 12. 31.
    r"|\d{1,4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]"
    r"|\d{1,2}-[^\W\d_]{3,4}\.?-\d{2,4}"  # 01-Jan-23
    rf"|{_DAY}\s(?:de\s|of\s)?{_MONTH}\s(?:de\s)?\d{{4}}(?:\sг\.)?"
    rf"|[^\W\d_]{{3,12}}\.?\s{_DAY},?\s\d{{4}}"  # May 17, 2022
)
_PART_OF_DATE = (
    rf"\d{{1,2}}[./-]\s?\d{{1,2}}\.?(?!\d)|{_DAY}\s(?:de\s)?{_MONTH}|[^\W\d_]{{3,12}}\.?\s{_DAY}(?![\d:.])"
)
_LEAD = rf"(?P<lead>(?:{_WORD}\s*){{0,3}}?)"
_PARTS = {  # in the order in which they are tried; each once in a stamp
    "date": re.compile(rf"{_LEAD}(?:{_DATE})", re.IGNORECASE),
    "clock": re.compile(rf"{_LEAD}(?:{_RANGE}\s*(?:-->|,)\s*{_RANGE}|{_EAST_CLOCK}|{_CLOCK})", re.IGNORECASE),
    "day": re.compile(rf"{_LEAD}(?:{_PART_OF_DATE})", re.IGNORECASE),
}
_YEAR = re.compile(r"\s?\d{4}(?!\w)")
_BETWEEN = re.compile(r"[\s,،|•·;]{0,3}|\s[-–—]\s(?=\d)")
_OPENS = re.compile(r"[\[(<{【\s*#_]{0,3}")
_CLOSES = re.compile(r"\s?[\])>}】_]?")
_AFTER_STAMP = re.compile(r"(?:\s*[-–—|,،;:•]+\s*(?=\S)|\s*)")
_OF_DAY = re.compile(
    rf"(?:\s?(?:{_LETTER}|\.){{1,14}}){{1,2}}\s[-–—]\s(?=[^:：]{{1,80}}[:：]\s)"
)  # "in the evening - name:"
_TERM = r"(?:\s{0,2}[:：](?=\s|$)|：|\s?\t)"
_NAMED = (  # what may follow a stamp
    re.compile(r"<\s?[@+%&~!* ]?(?P<name>[^<>]{1,60})>[:\s]?"),
    re.compile(r"\[(?P<name>[^\[\]]{1,60})\]:?(?=\s)"),
    re.compile(rf"(?P<name>(?:[^:：\t<>()]|\([^()]{{0,60}}\)){{1,{_LONGEST_NAME}}}?){_TERM}"),
    re.compile(r"[@+%&~]?(?P<name>\S{1,40})(?:\s{2,}|\s[|>]\s|>\s)"),
)
_SIGNS = r"\s:：\t<>“”\"«»(\["
_ALONE = {  # what is a name where there is no stamp, by how it ends; a text has one of these forms
    "tag": re.compile(  # <b>name</b>: words
        r"<(?:b|strong|i|em)>(?P<name>[^<>]{2,40}?):?</\w+>:?\s*(?=\S)"
    ),
    "nick": re.compile(
        r"<(?:v(?:\.\w+)*\s|\s?[@+%&~!* ])?(?P<name>[^<>\s]{1,40}(?: [^<>\s]{1,20}){0,3})>[:\s]?\s*(?=\S)"
    ),
    "line": re.compile(
        rf"(?:[-+•*#]{{1,4}}\s)?[*_~]{{0,3}}(?P<name>[^{_SIGNS}][^:：\t<>“”\"«»]{{0,39}}?)\s?[*_]{{0,3}}[:：][*_]{{0,2}}$"
    ),
    "colon": re.compile(
        rf"(?:[-+•*]\s|\d{{1,4}}[.)]\s)?[*_~]{{0,3}}(?P<name>[^{_SIGNS}][^:：\t<>“”\"«»]{{0,39}}?)[*_]{{0,3}}\s?(?:[:：](?=[\s*_])|：)[*_]{{0,2}}"
    ),
    "angle": re.compile(r"(?P<name>[^\s<>:]{2,40})\s?>{1,2}\s+(?=\S)"),
}
_RARELY = {  # what other texts have too
    "brackets": re.compile(r"(?:\[(?P<name>[^\[\]]{2,40})\]|\((?P<between>[^()]{2,40})\)):?\s+(?=\S)"),
    "tab": re.compile(r"(?P<name>[^\t]{2,40})\t(?=\S)"),
    "sign": re.compile(
        rf"(?P<name>[^{_SIGNS};|.!?…][^;|.:!?…]{{1,39}}?)\s?(?:\s(?:[-–—]{{1,2}}|→|->)|[|;])\s+(?=\S)"
    ),
    "capitals": re.compile(r"(?P<name>[^\W\d_a-z][^\W\d_a-z]+(?:[ '-][^\W\d_a-z]+){0,3})\.\s+(?=\S)"),
    "tight": re.compile(r"(?P<name>[^\W\d_]\w{1,19}(?: \w{1,19})?):(?=[^\W\d_])"),
}
_CUT = re.compile(
    r"\s+[—–-]{1,2}\s+|,\s?|\s{2,}|\]?\s?(?=[\[(])|\s(?=_?\d)|\t"
)  # between a name and its stamp
_AROUND = "[]()<>{}【】 \t*#"
_NUMBERS = re.compile(r"\d\D{1,14}\d|\d{10}")  # what every stamp has
_ENDS_NAME = re.compile("[:：>]")
_LOOSE = re.compile(r".*[\w.] ", re.DOTALL)
_ASIDE = re.compile(r"\s*\([^()]*\)\s*")  # "(Read by you after 2 minutes)"
_LED = re.compile(r"[^\d]+(?=\d{1,3}[:：.]\d\d)")
WEEKDAYS = frozenset(
    str.split(
        """
    mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday
    mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
    lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom
    segunda terça quarta quinta sexta seg ter qua qui sex
    lunedì martedì mercoledì giovedì venerdì sabato domenica gio
    ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tisdag lördag
    пн вт ср чт пт сб вс понедельник вторник среда четверг пятница суббота воскресенье
    """
    )
)
_CHAINED = re.compile(r"^\S{1,4}\s[-–—]\s")


@dataclass(frozen=True, slots=True)
class Head:
    """How a line begins.

    Attributes:
        stamp: the date or time, "" without one.
        name: whose words follow; "" where there is only a stamp.
        words: what follows in the same line.
        is_closed: something marks where the name ends, so that words may follow in the same line.
        has_date: the stamp says a whole day with its year.
        has_clock: the stamp says a time of day.
        lead: the words before the clock in a line that has nothing else; a name, or "yesterday at".
        is_firm: brackets or a sign set the stamp off from the name, as a sentence would not.
        form: how the name ends where there is no stamp.
    """

    stamp: str
    name: str
    words: str
    is_closed: bool = False
    has_date: bool = False
    has_clock: bool = False
    lead: str = ""
    is_firm: bool = False
    form: str = ""


def head_of(raw: str) -> Head | None:
    """Return how a line begins, None where it is neither with a stamp nor with what may be a name."""
    line = plain(raw).rstrip()
    if not line:
        return None
    if _NUMBERS.search(line, 0, 2 * _LONGEST_NAME):
        if stamp := _stamp(line):
            return _stamped(line, stamp)
        if after := _name_first(line):
            return after
    return next(_names(line, _ALONE), None) if _ENDS_NAME.search(line) else None


def rare_names(raw: str) -> Iterator[Head]:
    """Yield how a line begins in forms of which a line alone tells nothing."""
    yield from _names(plain(raw).rstrip(), _RARELY)


def names_of(raw: str) -> Iterator[Head]:
    """Yield the name with which a line begins in every form that a name without a stamp has."""
    yield from _names(plain(raw).rstrip(), _ALONE | _RARELY)


def _names(line: str, forms: Mapping[str, re.Pattern[str]]) -> Iterator[Head]:
    for form, pattern in forms.items():
        if match := pattern.match(line):
            name = next(filter(None, match.groups()))
            if len(name.split()) < 6:
                words = line[match.end() :].strip().removesuffix("</v>")
                yield Head("", name.strip(), words, True, form=form)


def plain(line: str) -> str:
    """Return a line without the marks that only steer how it is shown, and with plain spaces."""
    return line if line.isascii() else _SPACES.sub(" ", _MARKS.sub("", line))


def _stamped(line: str, stamp: _Stamp) -> Head:
    said, rest = line[: stamp.end].strip(_AROUND), line[stamp.end :]
    if all(stamp.kinds) and (of_day := _OF_DAY.match(rest)):
        rest = f" - {rest[of_day.end() :]}"
    after = rest[_AFTER_STAMP.match(rest).end() :]  # type: ignore[union-attr]  # it may be empty
    for pattern in _NAMED:
        if match := pattern.match(after):
            name = _CHAINED.sub("", match["name"].strip())
            is_firm = not _LOOSE.fullmatch(line[: stamp.end] + rest[: len(rest) - len(after)])
            return Head(said, name, after[match.end() :].strip(), True, *stamp.kinds, is_firm=is_firm)
    if not rest.strip() or _ASIDE.fullmatch(rest):
        led = _LED.match(said) if not stamp.kinds[0] else None
        lead = led[0].strip() if led else stamp.lead if stamp.kinds[1] else ""
        return Head(said, "", "", False, *stamp.kinds, lead if lead.casefold() not in WEEKDAYS else "")
    name = after.strip() if len(after) <= _LONGEST_NAME else ""
    return Head(said, name, after.strip(), False, *stamp.kinds)


def _name_first(line: str) -> Head | None:
    """A name with the stamp behind it: in brackets, before a colon or at the end of the line."""
    for cut in islice(_CUT.finditer(line, 1, _LONGEST_NAME), _CUTS):
        if not (stamp := _stamp(line, cut.end())):
            continue
        rest = line[stamp.end :]
        if ": " in line[: cut.end()]:
            continue  # "Date: 2022-01-01" is a field of a record
        if not rest.strip() or rest[0] == ":" or (line[0] == "[" and line[cut.end()] == "["):
            said = line[cut.end() : stamp.end].strip(_AROUND)
            name = line[: cut.start()].strip("[] ")
            return Head(said, name, rest.lstrip(": \t"), bool(rest.strip()), *stamp.kinds)
    return None


class _Stamp(NamedTuple):
    """Where a stamp ends; whether it has a whole date, and a clock; the words before its first number."""

    end: int
    kinds: tuple[bool, bool]
    lead: str


def _stamp(line: str, at: int = 0) -> _Stamp | None:
    """The stamp that begins at a place."""
    at = _OPENS.match(line, at).end()  # type: ignore[union-attr]  # it may be empty
    end, seen, lead = at, set[str](), ""
    while part := next(
        (
            (kind, found)
            for kind, form in _PARTS.items()
            if kind not in seen and (found := form.match(line, at))
        ),
        None,
    ):
        lead = lead if seen else part[1]["lead"].strip(" ,.")
        seen |= {part[0], "day"}  # a day without its year only comes first
        end = part[1].end()
        at = _BETWEEN.match(line, end).end()  # type: ignore[union-attr]  # it may be empty
    if not seen & {"date", "clock"}:
        return None
    if "date" not in seen and (year := _YEAR.match(line, end)):
        end = year.end()
    return _Stamp(_CLOSES.match(line, end).end(), ("date" in seen, "clock" in seen), lead)  # type: ignore[union-attr]
