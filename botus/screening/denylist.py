"""Words and patterns that the user forbids: the format of denylist.txt. Pure: whoever asks reads the file."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from botus import text
from botus.errors import FileError


@dataclass(frozen=True)
class Denylist:
    """Forbidden words and patterns; an empty one forbids nothing."""

    words: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()

    def find(self, post: str) -> str | None:
        """Return the first forbidden thing that a text contains, None where there is none."""
        if not (self.words or self.patterns):
            return None
        folded = text.fold(post)
        found = self._find(folded)
        if found is None and not folded.isascii() and _OTHERWISE.search(folded):
            return self._find(plain(folded))
        return found

    def _find(self, folded: str) -> str | None:
        if self.words:
            for word in _WORD.findall(folded.casefold()):
                if word in self.words:
                    return str(word)
        return next((found[0] for pattern in self.patterns if (found := pattern.search(folded))), None)


def parse_denylist(content: bytes, name: str = "denylist.txt") -> Denylist:
    """Read a denylist: one word, phrase or `/pattern/` per line, case ignored, `# ` begins a remark.

    A word is found as a whole word only; a pattern is searched anywhere (Python's `re`).

    Raises:
        FileError: a line is no UTF-8, no pattern, or forbids every text.
    """
    words, patterns = set[str](), []
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        entry = _entry(raw, f"{name}, line {number}")
        if not entry or entry.startswith("# "):
            continue
        if len(entry) > text.LONGEST_POST:
            raise FileError(f"{name}, line {number}: longer than any post", "take the line out")
        other = entry if entry.startswith("/") else plain(entry).strip() or entry  # `…` would be any three
        for spelling in dict.fromkeys((entry, other)):
            if _WORD.fullmatch(spelling):
                words.add(spelling.casefold())
            else:
                patterns.append(_pattern(spelling, f"{name}, line {number}"))
    return Denylist(frozenset(words), tuple(patterns))


_WORD = re.compile(r"\w+")
# Marks that can be set over any letter; those by which a script writes its vowels are not among them.
_MARKS = re.compile("[\u0300-\u036f\u0488\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
# Those marks, and letters that NFKC writes otherwise: punctuation, such as an ellipsis, is not worth a look.
_OTHERWISE = re.compile(
    _MARKS.pattern[:-1]
    + "\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00bc-\u00be\u0132-\u0149\u017f\u01c4-\u01f3\u02b0-\u02e4"
    "\u03d0-\u03f9\u0587\u0675-\u0678\u0e33\u0eb3\u0edc\u0edd\u0f77\u0f79\u10fc\u1d2c-\u1dbf\u1e9a\u1e9b\u2070-\u209c\u20a8"
    "\u2100-\u218b\u2460-\u24ff\u2c7c\u2c7d\u2d6f\u2e9f\u2ef3-\u2fd5\u3038-\u303a\u309f\u30ff\u3131-\u33ff\ua69c\ua69d\ua770"
    "\ua7f2-\ua7f9\uab5c-\uab69\ufb00-\ufdfc\ufe70-\ufefc\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc"
    "\U00010781-\U000107ba\U0001d400-\U0001d7ff\U0001e030-\U0001e06d\U0001ee00-\U0001eebb\U0001f100-\U0001f251\U0001fbf0-\U0001fbf9]"
)


def plain(folded: str) -> str:
    """Write full-width, circled and mathematical letters plainly, without marks that belong to no letter."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", folded))


def _entry(raw: bytes, place: str) -> str:
    try:
        return text.fold(raw.decode())
    except UnicodeDecodeError as error:
        raise FileError(f"{place}: not UTF-8", "save the file as UTF-8") from error


def _pattern(entry: str, place: str) -> re.Pattern[str]:
    is_regex = len(entry) > 1 and entry.startswith("/") and entry.endswith("/")
    source = entry[1:-1] if is_regex else rf"(?<!\w){re.escape(entry)}(?!\w)"
    try:
        pattern = re.compile(source, re.IGNORECASE)
    except re.error as error:
        raise FileError(f"{place}: {entry} is no pattern: {error}", "fix it or take the line out") from error
    if pattern.search(""):
        raise FileError(f"{place}: {entry} forbids every text", "fix it or take the line out")
    return pattern
