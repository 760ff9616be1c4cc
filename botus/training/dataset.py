"""The posts of a corpus as the rows of tokens that a training step takes.

About one post in twenty is held out, so that a loss can be measured on what the model has never seen; the
others are packed into an endless stream of rows. A post's fingerprint and the seed decide which ones, so a
corpus that has grown keeps its held-out posts held out. Weights count in training only: a starred post that
is held out is looked at once, like any other.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from botus.checkpoints.markers import END, Form
from botus.checkpoints.run_info import digest_of
from botus.errors import FileError
from botus.store import corpus
from botus.store.durable import files
from botus.text import fingerprint
from botus.training.initial_model import InitialModel, can_be_written, written
from botus.training.plan import FEWEST_POSTS, TrainingPlan

SHARE = 0.05  # of the posts are held out
_FEWEST_HELD_OUT = 2  # below forty posts the share alone may hold out none
_MOST_CHECKED = 16_384  # tokens of held-out posts: more would cost time and tell the same
_LONGEST_SAMPLE = 200  # tokens
_FROM_END = 4  # each fourth row begins with <|endoftext|>

Row = list[int]
"""Token ids."""


@dataclass(frozen=True)
class Posts:
    """A corpus."""

    texts: list[str]  # its posts, each once, without those of weight 0
    weights: list[float]  # how often each is drawn
    digest: str  # the SHA-256 of the file, in hexadecimal digits


class Opening(NamedTuple):
    """How rows begin; called with the number of a row."""

    usual: Row  # what stands before any post, unless that belongs to the post itself
    # the token <|endoftext|>, else a line break: gpt-2-simple writes from it, so some rows begin with it
    end: int

    def __call__(self, number: int) -> Row:
        return [self.end] if number % _FROM_END == 0 else list(self.usual)


class Check(NamedTuple):
    """A row of held-out posts; only its first `used` tokens are posts."""

    row: Row
    used: int


@dataclass(frozen=True)
class Dataset:
    """The posts of a corpus as tokens."""

    posts: Posts
    left_out: list[str]  # posts of the corpus that are not among them, since they have several lines
    tokens: list[Row]  # of each post, with what stands around it in training
    train: list[int]  # the numbers of the posts on either side
    held_out: list[int]
    opening: Opening
    prompt: Row  # the tokens with which a sample begins
    pieces: Sequence[bytes]  # the bytes of each token id

    @property
    def everything(self) -> list[str]:
        """All posts of the corpus: what a new text must not copy."""
        return [*self.posts.texts, *self.left_out]

    @property
    def count(self) -> int:
        """Tokens of one pass, a post of weight 3 counted three times."""
        return round(sum(len(self.tokens[i]) * self.posts.weights[i] for i in self.train))

    def batches(self, plan: TrainingPlan, step: int) -> Iterator[list[Row]]:
        """Yield the batches after a step, for ever: [batch][window + 1] tokens."""
        weights = [self.posts.weights[i] for i in self.train]
        drawn = stream([self.tokens[i] for i in self.train], weights, plan.seed)
        return batches(rows(drawn, plan.window + 1, self.opening), plan.batch, step)

    def checks(self, plan: TrainingPlan) -> list[Check]:
        """Return the held-out posts, no more of them than are worth the time."""
        totals = itertools.accumulate(len(self.tokens[i]) for i in self.held_out)
        enough = sum(total <= _MOST_CHECKED for total in totals) + 1
        return checks([self.tokens[i] for i in self.held_out[:enough]], plan.window + 1, self.opening)

    def sample_length(self, n_ctx: int) -> int:
        """Return how many tokens a sampled text gets: as many as 99 of 100 posts have."""
        sizes = sorted(map(len, self.tokens))
        return max(1, min(n_ctx - len(self.prompt), _LONGEST_SAMPLE, sizes[len(sizes) * 99 // 100] + 2))


def read(path: Path, weights: Mapping[str, float], say: Callable[[str], None]) -> Posts:
    """Read a corpus, one post per line, and say which lines cannot be read.

    Args:
        weights: by fingerprint; a post that is not in it has 1.

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
        if weights.get(key := fingerprint(post), 1.0) > 0:
            drawn.setdefault(key, post)
    if len(drawn) < FEWEST_POSTS:
        found = {0: "no posts", 1: "1 post"}.get(len(drawn), f"{len(drawn)} different posts")
        raise FileError(
            f"{path} has {found}, and a model of under {FEWEST_POSTS} only repeats them",
            "some thousands are a good number: botus corpus import FILE adds some",
        )
    return Posts(list(drawn.values()), [weights.get(key, 1.0) for key in drawn], digest_of(content))


def encode(posts: Posts, model: InitialModel, seed: int) -> Dataset:
    """Turn posts into the tokens of a model, and hold some of them out."""
    posts, left_out = _taken(posts, model.markers)
    vocabulary = model.vocabulary()
    ids = {token: number for number, token in enumerate(vocabulary.tokens)}

    def tokens(text: str) -> Row:
        return [ids[token] for token in vocabulary.encode(text)]

    train, held_out = split(posts.texts, seed)
    prompt = tokens(Form.trained(model.markers).opening)
    return Dataset(
        posts=posts,
        left_out=left_out,
        tokens=[tokens(written(post, model.markers)) for post in posts.texts],
        train=train,
        held_out=held_out,
        # A start marker belongs to its post; what stands before a line is the end of another.
        opening=Opening([] if model.markers else prompt, ids.get(END, ids.get("Ċ", 0))),
        prompt=prompt,
        pieces=vocabulary.pieces,
    )


def _taken(posts: Posts, markers: bool) -> tuple[Posts, list[str]]:
    """Return the posts that can be trained on, and those that cannot."""
    pairs = list(zip(posts.texts, posts.weights, strict=True))
    taken = [pair for pair in pairs if can_be_written(pair[0], markers)]
    left_out = [text for text, _ in pairs if not can_be_written(text, markers)]
    return Posts([text for text, _ in taken], [weight for _, weight in taken], posts.digest), left_out


def split(posts: Sequence[str], seed: int) -> tuple[list[int], list[int]]:
    """Hold out about one post in twenty of those of a corpus, each there once.

    Returns the numbers of the posts to train on, in the corpus's order, and of those held out, in an order of
    their own: the first ones stay the first ones when the corpus grows. Another seed holds out other posts.
    """

    def place(post: str) -> float:
        """A number from 0 to 1 that depends on the post and the seed alone."""
        key = f"{seed} {fingerprint(post)}".encode()
        return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") / 2**64

    places = sorted((place(post), number) for number, post in enumerate(posts))
    count = max(min(_FEWEST_HELD_OUT, len(posts)), sum(place < SHARE for place, _ in places))
    numbers = [number for _, number in places]
    return sorted(numbers[count:]), numbers[:count]


def stream(posts: Sequence[Row], weights: Sequence[float], seed: int) -> Iterator[Row]:
    """Yield posts for ever, pass after pass, each pass in an order of its own.

    Args:
        weights: how often a post comes in a pass; of 2.5 the half is drawn for each pass.
        seed: repeats the stream.
    """
    for number in itertools.count():
        rng = random.Random(f"{seed} {number}")
        drawn = []
        for post, weight in zip(posts, weights, strict=True):
            whole = math.floor(weight)
            drawn += [post] * (whole + (rng.random() < weight - whole))
        rng.shuffle(drawn)
        yield from drawn


def rows(posts: Iterable[Row], width: int, opening: Opening) -> Iterator[Row]:
    """Pack posts into rows of so many tokens, each from a post's beginning.

    A post cut off by a row's end begins the next; one that is longer than a row goes on in the rows after it.
    A last row that is not full is left out.
    """
    number, row = 0, opening(0)
    is_empty = True
    for post in posts:
        rest = post
        while len(row) + len(rest) > width:
            yield (row + rest)[:width]
            number += 1
            rest = rest[width - len(row) :] if is_empty else rest
            row = [] if is_empty else opening(number)
            is_empty = True
        row += rest
        is_empty = False


def checks(posts: Iterable[Row], width: int, opening: Opening) -> list[Check]:
    """Pack whole posts into rows of so many tokens, cut where they are longer, and fill them up."""
    packed: list[Row] = []
    for post in posts:
        if not packed or len(packed[-1]) + len(post) > width:
            packed.append(list(opening.usual or [opening.end]))
        packed[-1] += post[: width - len(packed[-1])]
    return [Check(row + [opening.end] * (width - len(row)), len(row)) for row in packed]


def batches(rows: Iterator[Row], size: int, skip: int = 0) -> Iterator[list[Row]]:
    """Yield lists of `size` rows, after `skip` such lists; those are packed all the same, which is quick."""
    rows = itertools.islice(rows, skip * size, None)
    while batch := list(itertools.islice(rows, size)):
        yield batch
