"""Which posts are there already, word for word or nearly: repeated posts are what makes a model copy.

Pure: all posts are counted first, then those of the corpus go in, and then those of an import one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from botus.screening.copies import words
from botus.screening.near import Frequencies, Near
from botus.text import fingerprint


@dataclass(frozen=True)
class Like:
    """A post that is there already: its text, whether it is word for word the same, and since when.

    Attributes:
        text: the post.
        is_same: whether it is the same post, else nearly the same.
        was_there: whether it was in the corpus before this import.
    """

    text: str
    is_same: bool
    was_there: bool


class Known:
    """All posts that a new one must differ from.

    Args:
        corpus: the posts that are in the corpus before an import.
        coming: those that will be asked about; others may be too, they only take longer.
    """

    def __init__(self, corpus: Sequence[str] = (), coming: Iterable[str] = ()) -> None:
        frequencies = Frequencies()
        for post in chain(corpus, coming):
            frequencies.count(words(post))
        self._near, self._posts = Near(frequencies), list[str]()
        self._numbers: dict[str, int] = {}
        for post in corpus:
            self._near.add(words(post))
            self._remember(post, fingerprint(post))
        self._old = len(self._posts)

    def meet(self, post: str) -> Like | None:
        """Return the post that a new one is like; None where there is none, and remember it."""
        mark = fingerprint(post)
        if (number := self._numbers.get(mark)) is not None:
            return self._like(number, is_same=True)
        if (number := self._near.meet(words(post))) is not None:
            return self._like(number, is_same=False)
        self._remember(post, mark)
        return None

    def _like(self, number: int, *, is_same: bool) -> Like:
        return Like(self._posts[number], is_same, number < self._old)

    def _remember(self, post: str, mark: str) -> None:
        self._numbers.setdefault(mark, len(self._posts))
        self._posts.append(post)
