"""How many tokens a corpus has: counted with a vocabulary that is here, else estimated.

In comes where vocabularies may lie, out goes a function from posts to a count. The one surprise: an estimate
is told apart from a count by the missing name of a vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from botus.errors import SettingsError

Count = Callable[[Iterable[str]], int]


@dataclass(frozen=True)
class Counter:
    """Counts tokens; `vocabulary` is the folder that it has it from, "" for an estimate."""

    vocabulary: str
    count: Count


def counter(data: Path, working_folder: Path) -> Counter:
    """Return a counter with the vocabulary of the run, else of a base model, else one that estimates.

    Args:
        data: the data directory, in which a run may lie.
        working_folder: where a run and the base models may lie too.
    """
    runs = [base / "checkpoint" / "run1" for base in (data, working_folder)]
    models = working_folder / "models"
    for folder in [*runs, *(sorted(models.iterdir()) if models.is_dir() else [])]:
        if (folder / "encoder.json").is_file() and (folder / "vocab.bpe").is_file():
            try:
                return Counter(str(folder), _exact(folder))
            except (SettingsError, OSError, ValueError):  # no tokenizers here, or not a vocabulary: estimate
                continue
    return Counter("", estimate)


def estimate(posts: Iterable[str]) -> int:
    """Estimate the tokens of GPT-2's own vocabulary: it has whole English words, and pieces of all else.

    Letters per token as byte-level BPE trained on English has them: four of ASCII, one or two of an alphabet
    of two bytes; two to three tokens for a letter or an emoji of three or four.
    """
    ascii_count = two = three = four = 0
    for post in posts:
        size, length = len(post.encode("utf-8", "replace")), len(post)
        if size == length:
            ascii_count += length
            continue
        for letter in post:
            if letter < "\x80":
                ascii_count += 1
            elif letter < "\u0800":
                two += 1
            elif letter < "\U00010000":
                three += 1
            else:
                four += 1
    return round(ascii_count / 4 + 0.6 * two + 1.8 * three + 2.5 * four)


def _exact(folder: Path) -> Count:
    from botus.checkpoints.vocabulary import Vocabulary

    vocabulary = Vocabulary((folder / "encoder.json").read_bytes(), (folder / "vocab.bpe").read_bytes())

    def count(posts: Iterable[str]) -> int:
        return sum(len(vocabulary.encode(post)) for post in posts)

    return count
