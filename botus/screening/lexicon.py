"""Which words does a corpus know? A model that has learned too little, or writes too hot, invents others.

A model that was trained from nothing has seen no word but those of its corpus: any other one is invented. A
published GPT-2 knows a language, and people use words that they have used nowhere else. How many of these a
post may have, the corpus tells: so many as its posts have words that no other post of it has, names left out.
Scripts without spaces have no words to be found this way.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from botus.screening.likeness.copies import UNSPACED
from botus.screening.loops import VOWEL_SIGNS

FEWEST_POSTS = 500  # a smaller corpus has few of the words that its author knows
_USUAL, _MOST = 0.99, 0.999  # of its posts have no more: a text that has is flagged, or refused
_COUNTED = 5000  # posts by which that is told

_FEW = 8  # questions for which the corpus is looked through, which is quicker than counting all of its words

_ASCII = re.compile(r"[A-Za-z]{2,}")
_LETTER = rf"(?:[^\W\d_{UNSPACED}]|[{VOWEL_SIGNS}])"
_WORD = re.compile(rf"{_LETTER}{{2,}}")
_ANY_LETTER = re.compile(_LETTER)
_NO_WORD = re.compile(r"[@#＠＃\d]|:/|\w\.\w")  # in a mention, a hashtag, a number, an address


class Lexicon:
    """The words of a corpus.

    Args:
        posts: the corpus.
        also: a text whose words are known too, such as a prefix.
        is_all: the model has seen no other words.

    Attributes:
        also: as the argument; another one where each text has a prefix of its own.
    """

    def __init__(self, posts: Sequence[str], also: str = "", *, is_all: bool = False) -> None:
        self._posts, self.also, self._is_all, self._asked = posts, also, is_all, 0

    def lacking(self, post: str) -> list[str]:
        """Return the words of a text that the corpus lacks, each once; none where it is too small to tell."""
        if len(self._posts) < FEWEST_POSTS:
            return []
        self._asked += 1
        is_there = self._is_there if self._asked <= _FEW else self._times.__getitem__
        known = self._judged(unicodedata.normalize("NFC", self.also))
        return [word for word in self._judged(post) if word not in known and not is_there(word)]

    @cached_property
    def limits(self) -> tuple[int, int]:
        """How many of them are still usual, and how many the most."""
        if self._is_all:
            return 0, 0
        some = self._posts[:: -(-len(self._posts) // _COUNTED)]
        counts = sorted(sum(self._times[word] < 2 for word in self._judged(post)) for post in some)
        return counts[int(len(counts) * _USUAL)], counts[int(len(counts) * _MOST)]

    def _judged(self, post: str) -> dict[str, None]:
        """The words of a text, each once."""
        kept = " ".join(piece for piece in post.split() if not _NO_WORD.search(piece))
        words = (_ASCII if kept.isascii() else _WORD).findall(kept)
        if not self._is_all:
            words = [word for word in words if word == word.lower()]
        return dict.fromkeys(map(str.casefold, words))

    def _is_there(self, word: str) -> bool:
        everything, at = self._everything, -1
        while (at := everything.find(word, at + 1)) >= 0:
            around = everything[max(0, at - 1) : at] + everything[at + len(word) : at + len(word) + 1]
            if not _ANY_LETTER.search(around):
                return True
        return False

    @cached_property
    def _times(self) -> Counter[str]:
        everything = self._everything
        return Counter((_ASCII if everything.isascii() else _WORD).findall(everything))

    @cached_property
    def _everything(self) -> str:
        everything = "\n".join(dict.fromkeys(self._posts)).casefold()
        return everything if everything.isascii() else unicodedata.normalize("NFC", everything)
