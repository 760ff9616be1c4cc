"""What a model in training writes, and how much of it is copied.

In come the tokens of sampled texts; out come posts and the share of them that `generate` would refuse as
copies of the corpus. The surprise: a text that reaches no end counts neither way, as it would never be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from botus.checkpoints.markers import Watch, without_markers
from botus.screening.novelty import COPY, Novelty

TEMPERATURE = 0.9


@dataclass(frozen=True)
class Sampled:
    """A look at what the model writes.

    Attributes:
        posts: the finished ones.
        copies: how many of them are copies.
    """

    posts: tuple[str, ...]
    copies: int

    @property
    def copy_rate(self) -> float | None:
        """The share of copies; None where no post was finished."""
        return self.copies / len(self.posts) if self.posts else None


class Reader:
    """Turns tokens into posts and compares them.

    Args:
        pieces: the bytes of each token id.
        markers: whether posts end with a marker or with a line break.
        corpus: the posts to compare with.
    """

    def __init__(self, pieces: Sequence[bytes], markers: bool, corpus: Sequence[str]) -> None:
        self._pieces, self._markers = pieces, markers
        self._novelty = Novelty(corpus)

    def read(self, texts: Sequence[Sequence[int]]) -> Sampled:
        """Judge sampled texts, each the tokens that follow the beginning of a post."""
        posts = tuple(post for tokens in texts if (post := self._post(tokens)))
        return Sampled(posts, sum(self._novelty.check(post).reason == COPY for post in posts))

    def _post(self, tokens: Sequence[int]) -> str:
        """The post, or nothing where it is not finished."""
        watch = Watch(1, self._pieces, self._markers)
        if not any(watch.see(0, token, 0.0) for token in tokens):
            return ""
        return without_markers(bytes(watch.posts[0].text))[0].decode("utf-8", "replace").strip()
