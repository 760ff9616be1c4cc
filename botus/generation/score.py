"""What `generate` notes about a candidate, so that a review has an order before it has read the posts.

The score is that of `screening.scoring`, among posts of the corpus, or among the candidates where
there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from botus.screening.scoring.deck import SCORED, Deck

_POSTS = 2000  # of a corpus, with which candidates are compared; two samples of 5,000 agree no better


class Scorer:
    """Rates candidates among the posts of a corpus."""

    def __init__(self, corpus: Sequence[str]) -> None:
        self._deck = Deck()
        for post in sample(corpus, _POSTS):
            self._deck.add(post)

    def rate(self, post: str) -> tuple[float, dict[str, float]]:
        """Return a candidate's score, and the measures that make it; one that nobody knows is missing."""
        row = self._deck.add(post)
        for _ in self._deck.settle():
            pass
        measured = self._deck.measured(row)
        known = {
            name: round(measured[name], 4) for name in sorted(SCORED) if measured[name] == measured[name]
        }
        return round(self._deck.settled.scores[row], 4), known


def sample(posts: Sequence[str], count: int) -> list[str]:
    """Choose posts evenly spread over a corpus, the same ones each time."""
    if len(posts) <= count:
        return list(posts)
    return [posts[place * len(posts) // count] for place in range(count)]
