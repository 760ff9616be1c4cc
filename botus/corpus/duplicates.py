"""Which posts are there already, word for word or nearly: repeated posts make a model copy. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from botus.screening.likeness.copies import words
from botus.screening.likeness.near import Frequencies, Near, marks
from botus.text import fingerprint


@dataclass(frozen=True)
class Like:
    """A post that is there already."""

    text: str
    is_same: bool  # whether it is the same post, else nearly the same
    was_there: bool  # whether it was in the corpus before this import


class Known:
    """All posts that a new one must differ from.

    Args:
        coming: those that will be asked about; others may be too, they only take longer.
    """

    def __init__(self, corpus: Sequence[str] = (), coming: Iterable[str] = ()) -> None:
        frequencies = Frequencies()
        for post in chain(corpus, coming):
            frequencies.count(marks(words(post)))
        self._near, self._posts, self._old = Near(frequencies), list(corpus), len(corpus)
        self._numbers: dict[str, int] = {}
        for number, post in enumerate(corpus):
            self._near.add(marks(words(post)))
            self._numbers.setdefault(fingerprint(post), number)

    def meet(self, post: str) -> Like | None:
        """Return the post that a new one repeats; where there is none, remember it and return None."""
        key = fingerprint(post)
        number = same = self._numbers.get(key)
        if number is None:
            number = self._near.meet(marks(words(post)))
        if number is not None:
            return Like(self._posts[number], same is not None, number < self._old)
        self._numbers[key] = len(self._posts)
        self._posts.append(post)
        return None
