"""Names without times: which of them are people who talk, and which are titles or days. Pure.

Plays, lists and interviews have such names too, so they count only where nearly every line or block has one,
where they return, and not where they follow one another in a fixed order or where one only asks.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from botus.corpus.sources.chats.heads import WEEKDAYS, Head

_LONGEST = 120  # letters of a line with a name and what sets it off
_FIRST = 300  # heads and lines whose order and words are remembered
_TITLES = WEEKDAYS | frozenset(
    str.split(  # in the languages in which such lists were met
        """
    morning noon afternoon evening night midnight today tomorrow yesterday spring summer autumn fall winter
    january february march april may june july august september october november december
    aries taurus gemini cancer leo virgo libra scorpio sagittarius capricorn aquarius pisces
    widder stier zwillinge krebs löwe jungfrau waage skorpion schütze steinbock wassermann fische
    bélier taureau gémeaux lion vierge balance scorpion sagittaire capricorne verseau poissons
    aries tauro géminis cáncer virgo escorpio sagitario capricornio acuario piscis
    todo done doing note notes poem haiku joke fact tip news breaking update updated alert just headline
    opinion ps edit tldr nb warning reminder thread expectation reality before after then now pro con pros
    cons question answer ingredients method serves title chorus verse bridge day week part chapter
    """
    )
)
_ASKS = ("?", "？", "؟", ";")
_LETTER = re.compile(r"[^\W\d_]")
_ONESELF = re.compile(r"\b(?:me|my|myself|i|nobody|no one)\b", re.IGNORECASE)
_LINE = re.compile(r"[#*_\s-]*(?P<name>\w[^\n]{0,39}?)[*_\s]*", re.DOTALL)
_ENDS = (".", ",", "!", "?", "…", ";", ":", "：")
_WORD = re.compile(r"[@~]?\w[\w.'’-]*$")


@dataclass
class Names:
    """The names that end in one form, in their order.

    Attributes:
        is_rare: the form is one that other texts have too.
    """

    is_rare: bool
    first: list[Head] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _without_words: int = 0
    _opening: list[str] = field(default_factory=list)

    def add(self, head: Head, *, opens: bool) -> None:
        """Count a head; `opens` says that a blank line stands before it."""
        self._counts[head.name] += 1
        self._without_words += not head.words
        if len(self.first) < _FIRST:
            self.first.append(head)
            self._opening += [head.name] if opens else []

    def speakers(self, lines: int) -> Counter[str] | None:
        """Return who talks in a text of so many lines; None where the names are none of people."""
        # A single letter is no name: "Q:" and "A:" are an interview.
        names = Counter(
            {
                name: count
                for name, count in self._counts.items()
                if _LETTER.search(name) and (len(name) > 1 or not name.isascii())
            }
        )
        total, again = names.total(), returning(names)
        share, least, each = (0.75, 6, 3) if self.is_rare else (0.6, 4, 2 if len(names) < 5 else 3)
        is_most = total >= least and total + self._without_words >= lines * share
        if not is_most or again.total() < total * 0.8 or len(again) < 2 or len(names) * each > total:
            return None
        if are_titles([head.name for head in self.first]) or self._are_parts() or self._is_interview():
            return None
        return None if all(map(_ONESELF.search, names)) else names

    def _are_parts(self) -> bool:
        """Every block has several, and the same one first."""
        blocks = len(self._opening)
        return blocks > 2 and blocks * 1.6 < len(self.first) and len(set(self._opening)) == 1

    def _is_interview(self) -> bool:
        """Of two, one only asks, and the other never does."""
        asked: dict[str, list[bool]] = {}
        for head in self.first:
            asked.setdefault(head.name, []).append(head.words.endswith(_ASKS))
        one_or_none = sorted(sum(said) / len(said) for said in asked.values())
        return one_or_none == [0.0, 1.0] and min(map(len, asked.values())) > 2


@dataclass
class OwnLines:
    """The first lines of a text, of which some may be nothing but a name."""

    _lines: list[str] = field(default_factory=list)
    _opening: list[bool] = field(default_factory=list)

    def add(self, line: str, *, opens: bool) -> None:
        """Remember a line; `opens` says that a blank one stands before it."""
        if len(self._lines) < _FIRST:
            self._lines.append(line)
            self._opening.append(opens)

    def speakers(self) -> Counter[str] | None:
        """Return who talks; None where no lines are names with words below them."""
        called = [_only_name(line) for line in self._lines]
        names = returning(Counter(filter(None, called)))
        at = [number for number, name in enumerate(called) if name in names]
        below = [line for line, name in zip(self._lines, called, strict=True) if name not in names]
        if len(names) < 2 or len(at) < max(6, 2 * len(names)) or len(set(below)) < len(below) * 0.9:
            return None
        with_words = sum(number + 1 < len(called) and called[number + 1] not in names for number in at)
        opening = sum(self._opening[number] for number in at)
        is_most = opening >= max(len(at), sum(self._opening)) * 0.8 or (
            len(at) >= len(called) * 0.4 and not any(self._opening[1:])
        )
        if with_words < len(at) * 0.9 or not is_most or are_titles([called[number] for number in at]):
            return None
        return names


@dataclass
class Unmarked:
    """What follows a stamp where nothing marks the end of a name: `22:03 Ann words`."""

    _said: list[list[str]] = field(default_factory=list)
    _count: int = 0

    def add(self, words: str) -> None:
        """Count what follows a stamp."""
        self._count += 1
        if len(self._said) < _FIRST:
            self._said.append(words.split())

    def speakers(self, lines: int) -> Counter[str] | None:
        """Return who talks; None where the first words are those of sentences."""
        said = [words for words in self._said if len(words) > 1]
        names = Counter(words[0] for words in said if _WORD.match(words[0]))
        again = returning(names)
        if self._count < max(6, lines * 0.6) or len(again) < 2 or again.total() < len(self._said) * 0.9:
            return None
        # Words of sentences stand elsewhere in sentences too.
        low = {name.casefold() for name in again}
        inside = sum(word.casefold().strip(".,;:!?") in low for words in said for word in words[1:])
        return again if len(names) * 3 <= names.total() and inside * 5 < len(said) else None


def returning(names: Counter[str]) -> Counter[str]:
    """Return those that are there more than once."""
    return Counter({name: count for name, count in names.items() if count > 1})


def are_titles(names: list[str]) -> bool:
    """Tell whether names are none of people: known words, or such as always follow one another."""
    period = len(set(names))
    later = list(zip(names[period:], names, strict=False))
    are_known = all(name.casefold().split()[0].strip("#*_.") in _TITLES for name in names)
    return are_known or (period > 2 and sum(one == before for one, before in later) > len(later) * 0.8)


def _only_name(line: str) -> str:
    """The name that is all of a line, "" where it is none."""
    match = _LINE.fullmatch(line) if len(line) < _LONGEST else None
    name = match["name"] if match else ""
    is_name = _LETTER.search(name) and len(name.split()) < 5 and not name.endswith(_ENDS)
    return name if is_name else ""
