"""Tells whether a text is a conversation, and by what: heads of messages with names that return. Pure.

A stamp beside a name is enough. What makes a conversation of names alone is in names.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from botus.corpus.sources.chats.heads import Head, head_of, plain, rare_names
from botus.corpus.sources.chats.names import Names, OwnLines, Unmarked, returning
from botus.text import counted

_PIECE = 400  # lines that are looked at together, so that a conversation within a long text is noticed
_FEW = 5  # heads of which one cannot expect that names return
_LONGEST_NAME = 60
_PART = 0.03  # the share of heads in a text of long messages
_SOMETHING = re.compile(r"\w")
_LETTER = re.compile(r"[^\W\d_]")


class Layout(StrEnum):
    """Where the name of a message stands."""

    BESIDE = "begin with a time and"  # [stamp] name: words
    ABOVE = "have only a time and"  # stamp and name in a line, the words below
    AFTER = "have only a time; below it is"  # a line with the stamp, one with the name, the words
    BEFORE = "have only a time; above it is"  # the name in the line before
    ALONE = "begin with"  # name: words
    LINE = "are nothing but"  # a name in its line, the words below
    UNMARKED = "begin with a time and perhaps"  # stamp name words
    RECORDS = "of its blocks have a time and"  # "From: name", "Date: stamp" … in lines of their own


@dataclass(frozen=True)
class Conversation:
    """What a text was recognised by.

    Attributes:
        layout: where the names stand.
        heads: how many lines say who speaks.
        lines: of how many that are not blank.
        names: who speaks, those with most messages first.
        form: how the names end where there are no stamps.
    """

    layout: Layout
    heads: int
    lines: int
    names: list[str]
    form: str = ""

    @property
    def is_stamped(self) -> bool:
        """Whether its messages have times, which nothing but a conversation has beside names."""
        return self.layout not in (Layout.ALONE, Layout.LINE, Layout.UNMARKED)

    @property
    def is_readable(self) -> bool:
        """Whether it is sure where a message begins and who wrote it."""
        return self.layout not in (Layout.RECORDS, Layout.LINE, Layout.UNMARKED)

    @cached_property
    def around(self) -> tuple[str, str]:
        """The word with which all names begin and the one with which all end; "" where they differ."""
        firsts, lasts = ({one.split()[place] for one in self.names} for place in (0, -1))
        return firsts.pop() if len(firsts) == 1 else "", lasts.pop() if len(lasts) == 1 else ""

    def sender(self, name: str) -> str:
        """The sender of "From name to everyone", where all names are of this form."""
        words, to = name.split(), self._to
        is_like_all = to and words[0] == self.around[0] and to in words[2:-1]
        return " ".join(words[1 : words.index(to, 2)]) if is_like_all else name

    @cached_property
    def _to(self) -> str:
        """The word behind the sender in all names of the form of `sender`, "" where one is not."""
        within = [one.split()[2:-1] for one in self.names] if self.around[0].isalpha() else []
        shared = set.intersection(*map(set, within)) if within else set[str]()
        return next((word for word in within[0] if word in shared), "") if shared else ""

    def __str__(self) -> str:
        shown = ", ".join("".join(filter(str.isprintable, name))[:30] for name in self.names[:2])
        more = ", …" if len(self.names) > 2 else ""
        names = f"one of {len(self.names):,} names" if len(self.names) > 1 else "the same name"
        where = f"{self.heads:,} of {counted(self.lines, 'line')} {self.layout} {names} ({shown}{more})"
        return f"a conversation: it has other people's words ({where})"


@dataclass
class Tally:
    """What the lines of a text begin with, counted while they come by."""

    lines: int = 0
    _stamped: int = 0
    _clocks: int = 0
    _firm: int = 0
    _beside: Counter[str] = field(default_factory=Counter)
    _above: Counter[str] = field(default_factory=Counter)
    _above_with_words: int = 0
    _apart: int = 0
    _after: Counter[str] = field(default_factory=Counter)
    _before: Counter[str] = field(default_factory=Counter)
    _alone: dict[str, Names] = field(default_factory=dict)
    _own_lines: OwnLines = field(default_factory=OwnLines)
    _unmarked: Unmarked = field(default_factory=Unmarked)
    _is_below_blank: bool = True
    # the two lines before: their words, and whether each was only a stamp, or a stamp and a name
    _last: tuple[str, str] = ("", "")
    _was_apart: tuple[bool, bool] = (False, False)
    _was_above: bool = False

    def add(self, line: str, head: Head | None) -> None:
        """Count a line with its head."""
        text = plain(line).strip()
        if not _SOMETHING.search(text):
            self._is_below_blank = True
            return
        self.lines += bool(_LETTER.search(text))
        is_stamped = head is not None and bool(head.stamp)
        is_apart = is_stamped and head is not None and not head.name and not head.words and head.has_clock
        is_above = is_stamped and head is not None and bool(head.name or head.lead) and not head.is_closed
        self._above_with_words += self._was_above and not is_stamped
        if self._was_apart[0] and not is_apart and len(self._last[0]) <= _LONGEST_NAME:
            self._after[self._last[0]] += 1
        if is_apart:
            self._apart += 1
            if 0 < len(self._last[0]) <= _LONGEST_NAME:
                self._before[self._last[0]] += 1
        if head is not None:
            self._stamped += is_stamped
            self._clocks += head.has_clock
            self._firm += head.is_firm
            if is_above:
                self._above[head.name or head.lead] += 1
            elif head.name and is_stamped:
                self._beside[head.name] += 1
            if is_stamped and not head.is_closed:
                self._unmarked.add(head.words)
        opens = self._is_below_blank
        self._own_lines.add(text, opens=opens)
        if not is_stamped:
            for one in [head] if head else rare_names(line):
                self._alone.setdefault(one.form, Names(is_rare=head is None)).add(one, opens=opens)
        self._is_below_blank = False
        self._last = (text, self._last[0])
        self._was_apart = (self._was_apart[1], is_apart)
        self._was_above = is_above

    def verdict(self) -> Conversation | None:
        """Return what the lines are recognised by; None where they are no conversation."""
        there: list[tuple[Layout, Counter[str] | None, str]] = [
            (Layout.BESIDE, self._names_beside(), ""),
            (Layout.ABOVE, self._names_above(), ""),
            (Layout.AFTER, self._names_apart(self._after), ""),
            (Layout.BEFORE, self._names_apart(self._before), ""),
            (Layout.RECORDS, self._names_in_records(), ""),
            *((Layout.ALONE, names.speakers(self.lines), form) for form, names in self._alone.items()),
            (Layout.UNMARKED, self._unmarked.speakers(self.lines), ""),
            (Layout.LINE, self._own_lines.speakers(), ""),
        ]
        found = [
            Conversation(layout, names.total(), self.lines, [name for name, _ in names.most_common()], form)
            for layout, names, form in there
            if names
        ]
        return next((one for one in found if len(one.names) > 1), found[0] if found else None)

    @property
    def stamped(self) -> int:
        """How many lines begin with a date or a time."""
        return self._stamped

    def _names_beside(self) -> Counter[str] | None:
        names, heads = self._beside, self._beside.total()
        if heads < 2 or heads * 2 < self._stamped:
            return None
        if len(names) == 1 and self._firm * 2 < heads:
            return None  # "On 3 May 2010 the fog: …" is how one writes
        again = returning(names).total()
        is_most = self._stamped * 2 >= self.lines and (
            again >= heads * 0.3 or (heads <= _FEW and self._clocks >= heads)
        )
        is_part = again >= max(_FEW, heads * 0.6, self.lines * _PART) and len(returning(names)) > 1
        return names if is_most or is_part else None

    def _names_above(self) -> Counter[str] | None:
        names, heads = self._above, self._above.total()
        if heads < 2 or self._above_with_words < heads * 0.6:
            return None
        again = returning(names)
        is_part = again.total() >= max(3, heads * 0.5, self.lines * _PART)
        is_short = heads * 5 >= self.lines and heads <= _FEW and self._above_with_words == heads
        if is_short and not is_part:
            return names if all(len(name.split()) < 4 for name in names) and self._clocks >= heads else None
        return again if is_part else None

    def _names_apart(self, beside: Counter[str]) -> Counter[str] | None:
        again = returning(beside)
        return again if again.total() >= max(3, self._apart * 0.6, self.lines * _PART) else None

    def _names_in_records(self) -> Counter[str] | None:
        said: dict[str, list[str]] = {}
        first = self._alone["colon"].first if "colon" in self._alone else []
        for head in first:
            said.setdefault(head.name, []).append(head.words)
        fields = {name: words for name, words in said.items() if len(words) >= max(3, len(first) * 0.15)}
        times = [name for name, words in fields.items() if sum(map(_is_stamp, words)) > len(words) * 0.8]
        if not times or len(first) < self.lines * 0.5:
            return None
        for name, words in fields.items():
            values = Counter(words)
            is_short = all(0 < len(word) <= _LONGEST_NAME for word in values)
            if name not in times and is_short and 1 < len(values) <= len(words) / 2:
                return values
        return None


def of(start: str) -> Conversation | None:
    """Tell from the start of a text."""
    tally = Tally()
    lines = start.splitlines()
    for line in (
        lines[:-1] if len(lines) > 2 and not start.endswith(("\n", "\r")) and len(start) > 50_000 else lines
    ):
        tally.add(line, head_of(line))
    return tally.verdict()


def watched(
    lines: Iterable[str], whole: Tally, *, with_names: bool = True
) -> Iterator[tuple[str, Conversation | None]]:
    """Yield the lines of a text, each with what has been noticed up to it; only the last may be "".

    Args:
        whole: counts all of them.
        with_names: also look for names without times.
    """
    piece = Tally()
    for line in lines:
        head = head_of(line)
        if not (with_names or (head and head.stamp)):
            whole.lines, piece.lines = whole.lines + 1, piece.lines + 1
            yield line, None
            continue
        whole.add(line, head)
        piece.add(line, head)
        noticed = None
        if piece.lines >= _PIECE:
            noticed, piece = piece.verdict(), Tally()
        yield line, noticed
    yield "", whole.verdict() or (piece.verdict() if piece.lines > _PIECE / 10 else None)


def _is_stamp(words: str) -> bool:
    head = head_of(words)
    return head is not None and bool(head.stamp) and not head.name and not head.words
