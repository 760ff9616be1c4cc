"""From corpus.txt to what a training takes: posts as tokens, split, weighed and packed.

In come a corpus file and the weights of its posts; out come rows to train on and rows to look at. The
surprise: weights count for training only. A starred post that is held out is looked at once, like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from botus.checkpoints.markers import START
from botus.checkpoints.run_info import digest_of
from botus.errors import FileError
from botus.store import corpus
from botus.store.durable import files
from botus.text import fingerprint
from botus.training import rows
from botus.training.initial_model import Origin
from botus.training.plan import FEWEST_POSTS, Plan
from botus.training.samples import Reader
from botus.training.split import Split, split

_MOST_CHECKED = 16_384  # tokens of held-out posts: more would cost time and tell the same
_LONGEST_SAMPLE = 200  # tokens


@dataclass(frozen=True)
class Posts:
    """A corpus.

    Attributes:
        path: its file.
        texts: its posts, each once, without those of weight 0.
        weights: how often each is drawn.
        digest: the SHA-256 of the file, in hexadecimal digits.
    """

    path: Path
    texts: list[str]
    weights: list[float]
    digest: str


@dataclass(frozen=True)
class Encoded:
    """The posts of a corpus as tokens, those to train on and those held out."""

    posts: Posts
    split: Split
    tokens: list[list[int]]
    opening: rows.Opening
    prompt: list[int]
    pieces: Sequence[bytes]
    markers: bool

    @property
    def count(self) -> int:
        """Tokens of one pass, a post of weight 3 counted three times."""
        return round(sum(len(self.tokens[i]) * self.posts.weights[i] for i in self.split.train))

    def longer_than(self, window: int) -> int:
        """Return how many posts do not fit into a row."""
        return sum(len(one) > window for one in self.tokens)

    def batches(self, plan: Plan, step: int) -> Iterator[list[rows.Row]]:
        """Yield the batches after a step, for ever."""
        train, weights = self.split.train, self.posts.weights
        drawn = rows.stream([self.tokens[i] for i in train], [weights[i] for i in train], plan.seed)
        return rows.batches(rows.rows(drawn, plan.window + 1, self.opening), plan.batch, step)

    def checks(self, plan: Plan) -> list[rows.Check]:
        """Return the held-out posts, no more of them than are worth the time."""
        chosen: list[rows.Row] = []
        total = 0
        for number in self.split.held_out:
            chosen.append(self.tokens[number])
            total += len(self.tokens[number])
            if total > _MOST_CHECKED:
                break
        return rows.checks(chosen, plan.window + 1, self.opening, self.opening.end)

    def sample_length(self, n_ctx: int) -> int:
        """Return how many tokens a sampled text gets: as many as 99 of 100 posts have."""
        sizes = sorted(map(len, self.tokens))
        return max(1, min(n_ctx - len(self.prompt), _LONGEST_SAMPLE, sizes[len(sizes) * 99 // 100] + 2))

    def reader(self) -> Reader:
        """Return what judges sampled tokens."""
        return Reader(self.pieces, self.markers, self.posts.texts)


def read(path: Path, weights: Mapping[str, float], say: Callable[[str], None]) -> Posts:
    """Read a corpus.

    Args:
        path: one post per line.
        weights: by fingerprint; a post that is not in it has 1.
        say: told about lines that cannot be read.

    Raises:
        FileError: there is none, it cannot be read, or it has too few posts.
    """
    content = files.read(path)
    if content is None:
        raise FileError(
            f"there is no {path}", "make one with botus corpus import FILE, or name one with --corpus FILE"
        )
    reading = corpus.read(path)
    for problem in reading.problems():
        say(problem)
    drawn: dict[str, str] = {}
    for post in reading.posts:
        if weights.get(mark := fingerprint(post), 1.0) > 0:
            drawn.setdefault(mark, post)
    if len(drawn) < FEWEST_POSTS:
        raise FileError(
            f"{path} has {_different(len(drawn))}, and a model of under {FEWEST_POSTS} only repeats them",
            "some thousands are a good number: botus corpus import FILE adds some",
        )
    counts = [weights.get(mark, 1.0) for mark in drawn]
    return Posts(path, list(drawn.values()), counts, digest_of(content))


def _different(count: int) -> str:
    return ("no posts", "1 post")[count] if count < 2 else f"{count} different posts"


def encode(posts: Posts, origin: Origin, seed: int) -> Encoded:
    """Turn posts into tokens and hold some of them out."""
    vocabulary = origin.vocabulary()
    ids = {token: number for number, token in enumerate(vocabulary.tokens)}

    def tokens(text: str) -> list[int]:
        return [ids[token] for token in vocabulary.encode(text)]

    newline = tokens("\n")
    return Encoded(
        posts=posts,
        split=split(posts.texts, seed),
        tokens=[tokens(rows.written(post, origin.markers)) for post in posts.texts],
        # A start marker belongs to its post; what stands before a line is the end of another.
        opening=rows.Opening([] if origin.markers else newline, origin.end()),
        prompt=tokens(START) if origin.markers else newline,
        pieces=vocabulary.pieces,
        markers=origin.markers,
    )
