"""How near lines are to what was said: TF-IDF over words. Pure.

In scripts without spaces pairs of letters stand for words, and a symbol such as an emoji counts as one. Words
that begin alike count a little, so that `kettles` finds a kettle. Handles and links of a question do not
count, nor do the small words by which anything can be asked.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence

from botus import text
from botus.screening import mentions
from botus.screening.denylist import plain
from botus.screening.scoring import measures

_QUESTION = 4000  # characters of a question that are looked at
_TERMS = 64  # of a question
_LOOKS = 20_000  # places of terms that are looked at: the rarest terms come first
_STEM = 4  # letters by which words are alike
_MORE = "…"  # behind them
_ALIKE = 0.5  # how much that counts, where the same word is 1
_CHINESE, _HANGUL = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"), re.compile("[\uac00-\ud7a3]")
_SYMBOL = "\u2190"  # the first of the arrows, behind which the symbols and emoji are
_NOT_SAID = re.compile(rf"{mentions.NAME}|<[@#][!&]?\d+>|\b(?:https?:/|www\.)\S*")
# Words by which anything can be asked; `mentions` has the articles and prepositions. English, German, French,
# Spanish.
_ASKING = """
what who whom whose which why how when where do does did have has had can could will would shall should may
might must i you he she it we they me him us them mine yours this that these those there here not no yes
if so too very just please tell say think know want any some been being
was wer wen wem wessen warum wieso wie wann wo du ich er sie es wir ihr mich dich uns euch hast hat habe
haben bin bist sind kann kannst willst wirst nicht kein ja nein denkst meinst hältst davon dazu denn doch mal
que qu quoi qui pourquoi comment quand où je tu il elle nous vous ils elles ce cet cette ça pas as ai
qué quién por cómo cuándo dónde yo tú él ella nosotros ellos esto eso sí hay piensas crees
"""


class Index:
    """Lines by what is in them; it never changes, so that several threads may ask it.

    Args:
        lines: the texts, named from here on by their places, from 0.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._places: dict[str, array[int]] = {}
        terms = [dict(_terms(measures.read(plain(text.fold(line))))) for line in lines]
        for place, line in enumerate(terms):
            for term in line:
                self._places.setdefault(term, array("L")).append(place)
        self._rarities = {
            term: math.log((len(lines) + 1) / len(places)) for term, places in self._places.items()
        }
        lengths = [
            math.hypot(*(self._rarities[term] * times for term, times in line.items())) for line in terms
        ]
        self._lengths = array("d", (length or 1.0 for length in lengths))

    def near(self, question: str) -> list[tuple[float, int]]:
        """Return how near lines are, above 0, each with its place: the nearest first.

        A line is left out where nothing of the question is in it.
        """
        asked = dict(_terms(_asked(question)))
        telling = {term: weight for term, weight in asked.items() if not _is_small(term)}
        known = [term for term in telling or asked if term in self._places]
        found: dict[int, float] = {}
        looks = 0
        for term in sorted(known, key=lambda one: len(self._places[one]))[:_TERMS]:
            looks += len(self._places[term])
            if looks > _LOOKS and found:
                break
            weight = (asked[term] * self._rarities[term]) ** 2
            for place in self._places[term]:
                found[place] = found.get(place, 0.0) + weight
        return sorted(((total / self._lengths[place], place) for place, total in found.items()), reverse=True)


def _asked(question: str) -> measures.Reading:
    """Read a question without what does not count, of a very long one the beginning."""
    said = _NOT_SAID.sub(" ", question[:_QUESTION])
    return measures.read(plain(text.fold(said)))


def _terms(reading: measures.Reading) -> Iterator[tuple[str, float]]:
    """Yield words and symbols, then what words begin with or are made of, each with what it counts."""
    for word in reading.words:
        yield word, 1.0
    for mark in reading.marks:
        if mark >= _SYMBOL:
            yield mark, 1.0
    for part in {part for word in reading.words for part in _parts(word)}:
        yield part, _ALIKE


def _parts(word: str) -> Iterator[str]:
    """Yield the beginning by which words are alike, or each Chinese character, which is a word of its own."""
    if found := _CHINESE.findall(word):
        yield from (f"{one}{_MORE}" for one in found)
    elif len(word) >= (stem := 2 if _HANGUL.match(word) else _STEM):
        yield f"{word[:stem]}{_MORE}"


def _is_small(term: str) -> bool:
    return term.removesuffix(_MORE) in _STEMS or mentions.leads(term)


_STEMS = frozenset(part for word in _ASKING.split() for part in (word, word[:_STEM]))
