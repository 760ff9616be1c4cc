"""What a corpus is like, measured, and what to do about it. Posts go in, values come out.

Pure but for `look`, which reads a data directory. The one surprise: a letter belongs to the script that its
Unicode name begins with, which is right for all that is common and needs no table.
"""

from __future__ import annotations

import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from botus.corpus import tokens
from botus.corpus.duplicates import Known
from botus.corpus.feedback import SOURCE as KEPT
from botus.errors import FileError
from botus.screening.copies import words
from botus.store import forgotten
from botus.store.corpus import Corpus, Entry
from botus.text import escape

# Below either of these a model learns the posts by heart, whatever one does.
FEW_POSTS, FEW_BYTES = 2000, 200_000
_FROM_SCRATCH = 5000  # posts from which a small model of its own has something to learn from
_WINDOW = 1024  # tokens that GPT-2 sees at once

_NAMES = {"Cjk": "Han", "Hiragana": "Kana", "Katakana": "Kana", "Fullwidth": "Latin", "Halfwidth": "Kana"}
EMOJI = "emoji"


@dataclass(frozen=True)
class Stats:
    """The figures of a corpus.

    Attributes:
        posts, words, characters: how many.
        bytes: as the posts stand in corpus.txt.
        tokens: counted with `vocabulary`, or estimated where that is "".
        sources: posts by source; a post may have several.
        lengths: of every post, in characters.
        same, near: posts that repeat an earlier one word for word, or nearly.
        scripts: the share of the letters and emoji that belongs to each, the largest first.
        times: when posts were posted, seconds since the epoch, the earliest first.
        broken: lines that are not UTF-8.
    """

    posts: int
    words: int
    characters: int
    bytes: int
    tokens: int
    vocabulary: str
    sources: dict[str, int]
    lengths: list[int]
    same: int
    near: int
    scripts: dict[str, float]
    times: list[float]
    broken: int = 0

    @property
    def median(self) -> float:
        """The length of the post in the middle."""
        return statistics.median(self.lengths) if self.lengths else 0.0


def look(data: Path, working_folder: Path) -> Stats:
    """Measure the corpus of a data directory.

    Args:
        data: the data directory.
        working_folder: where a vocabulary may lie, besides.

    Raises:
        FileError: there is no corpus, or a file is damaged.
    """
    corpus = Corpus(data)
    entries = list(corpus.entries())
    if not entries:
        gone = sum(one.posts for one in forgotten.read(data))
        raise FileError(
            f"there is no {corpus.path}, or no post in it",
            f"{gone:,} posts were forgotten" if gone else "make one with: botus corpus import FILE...",
        )
    counted = tokens.counter(data, working_folder)
    count = counted.count(entry.text for entry in entries)
    return measure(entries, count, counted.vocabulary, len(corpus.read().broken))


def measure(entries: Sequence[Entry], count: int, vocabulary: str, broken: int = 0) -> Stats:
    """Measure a corpus.

    Args:
        entries: its posts.
        count: how many tokens they have; vocabulary: whose, "" for an estimate.
        broken: lines that could not be read.
    """
    texts = [entry.text for entry in entries]
    same, near = _repeated(texts)
    return Stats(
        posts=len(texts),
        words=sum(len(words(text)) for text in texts),
        characters=sum(map(len, texts)),
        bytes=sum(len(escape(text).encode()) + 1 for text in texts),
        tokens=count,
        vocabulary=vocabulary,
        sources=dict(Counter(source for entry in entries for source in entry.sources).most_common()),
        lengths=[len(text) for text in texts],
        same=same,
        near=near,
        scripts=scripts(texts),
        times=sorted(entry.at for entry in entries if entry.at is not None),
        broken=broken,
    )


def scripts(texts: Sequence[str]) -> dict[str, float]:
    """Return the share of letters and emoji by script, the largest first; digits and signs do not count."""
    found: Counter[str] = Counter()
    for letter, count in Counter("".join(texts)).items():
        if script := _script(letter):
            found[script] += count
    total = found.total()
    return {script: count / total for script, count in found.most_common()}


def advice(stats: Stats) -> Iterator[str]:
    """Yield what a person should know before training, the most important first."""
    is_small = stats.posts < FEW_POSTS or stats.bytes < FEW_BYTES
    if is_small:
        yield (
            f"This is little: under about {FEW_POSTS:,} posts or {FEW_BYTES // 1000} KB a model learns them "
            "by heart and then copies them. In the order of what helps:"
        )
        yield "- More text: another export, replies (botus corpus import --replies), years before."
        yield "- Fine-tune a base model, which knows the language already; do not train --from-scratch."
        yield "- Few steps: stop where the loss of the held-out posts stops falling, not the training loss."
        yield (
            "- Write many candidates at an ordinary temperature, 0.7 to 1.0, and let generate refuse copies. "
            "A higher temperature hides copies behind nonsense."
        )
    elif stats.posts < _FROM_SCRATCH:
        yield f"Enough to fine-tune a base model; --from-scratch wants {_FROM_SCRATCH:,} posts or more."
    else:
        yield "Enough to fine-tune a base model, and for a small one --from-scratch."
    if stats.tokens < _WINDOW:
        yield f"It is shorter than the {_WINDOW:,} tokens that GPT-2 sees at once: each step sees all posts."
    if stats.same + stats.near > stats.posts / 50:
        yield "Repeated posts are learned by heart first: delete all of a kind but one in corpus.txt."
    if stats.sources.get(KEPT, 0) > stats.posts / 3:
        yield "A third or more are the bot's own posts: trained on itself a model has less and less to say."
    if stats.posts and 1 - stats.scripts.get("Latin", 0.0) - stats.scripts.get(EMOJI, 0.0) > 0.5:
        yield (
            "Most letters are not Latin. The published base models know little else: with enough text "
            "--from-scratch, which learns its own vocabulary, may do better."
        )


def _repeated(texts: Sequence[str]) -> tuple[int, int]:
    known, same, near = Known((), texts), 0, 0
    for text in texts:
        if like := known.meet(text):
            same, near = same + like.is_same, near + (not like.is_same)
    return same, near


@cache
def _script(letter: str) -> str:
    """The script of a letter, `EMOJI`, or "" for what belongs to none."""
    kind = unicodedata.category(letter)
    if kind == "So" and letter >= "\u2190":
        return EMOJI
    if not kind.startswith("L"):
        return ""
    first = unicodedata.name(letter, "other").split()[0].split("-")[0].capitalize()
    return _NAMES.get(first, first)
