"""What can be counted in one text: its words, its marks, and nine measures of its shape. Pure.

Scripts without spaces have no words to be found this way: pairs of letters stand for them.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import NamedTuple

from botus.screening.likeness.copies import UNSPACED
from botus.screening.loops import VOWEL_SIGNS

SHAPE = (
    "characters",  # ln(1 + how many)
    "words",  # ln(1 + how many)
    "word length",  # on average
    "capitals",  # the share of all characters, as with the next two
    "marks",
    "digits",
    "question",  # 1 where it ends with a question mark
    "closes",  # 1 where it ends as a sentence does
    "repeats",  # the share of words that were there before
)
"""The measures of a text alone, in their order."""

_MOST = 5000  # characters that are looked at: no platform takes more

_LETTER = rf"(?:[^\W_{UNSPACED}]|[{VOWEL_SIGNS}])"
_TOKEN = re.compile(rf"((?:[{UNSPACED}][{VOWEL_SIGNS}]*)+|{_LETTER}+(?:['’]{_LETTER}+)*)|([^\w\s])")
_ASCII = re.compile(r"([a-z0-9]+(?:'[a-z0-9]+)*)|([^\w\s])")
_UNSPACED_LETTER = re.compile(rf"[{UNSPACED}][{VOWEL_SIGNS}]*")
_CLOSED = re.compile(r"[.!?…。！？؟।\"”’»)\]*~」』]\s*\Z|[^\w\s,;:\-–—&/+(\[{“„«]\s*\Z")
_QUESTION = re.compile(r"[?？؟][\"”’»)\]」』]*\s*\Z")


class Reading(NamedTuple):
    """What was counted in a text.

    Attributes:
        words, marks: each once, in lower case, in the order of the text.
        times: how often each of the words occurs.
        shape: the measures that `SHAPE` names.
    """

    words: tuple[str, ...]
    marks: tuple[str, ...]
    times: tuple[int, ...]
    shape: tuple[float, ...]


def read(text: str) -> Reading:
    """Count what is in a text; of a very long one, in its beginning."""
    text = text[:_MOST]
    words: dict[str, int] = {}
    marks: dict[str, None] = {}
    count = letters = signs = 0
    folded = text.casefold()
    for word, mark in (_ASCII if folded.isascii() else _TOKEN).findall(folded):
        if mark:
            marks[mark] = None
            signs += 1
            continue
        for one in pairs(word) if not word.isascii() else (word,):
            words[one] = words.get(one, 0) + 1
            count += 1
            letters += len(one)
    length = len(text) or 1
    shape = (
        math.log1p(len(text)),
        math.log1p(count),
        letters / count if count else 0.0,
        sum(map(str.isupper, text)) / length,
        signs / length,
        sum(map(str.isdigit, text)) / length,
        1.0 if _QUESTION.search(text) else 0.0,
        1.0 if _CLOSED.search(text) else 0.0,
        1 - len(words) / count if count else 0.0,
    )
    return Reading(tuple(words), tuple(marks), tuple(words.values()), shape)


def pairs(word: str) -> list[str]:
    """Return the pairs of letters of a word in a script without spaces; another one as it is."""
    letters = _UNSPACED_LETTER.findall(word)
    if not letters:
        return [word]
    return [one + other for one, other in pairwise(letters)] or letters
