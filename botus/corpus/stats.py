"""What a corpus is like, measured, and what to do about it. Pure but for `look`, which reads the files."""

from __future__ import annotations

import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from botus.corpus.duplicates import Known
from botus.corpus.feedback import SOURCE as KEPT
from botus.errors import FileError, SettingsError
from botus.screening.likeness.copies import words
from botus.store import forgotten
from botus.store.corpus import Corpus, CorpusPost
from botus.text import counted, escape

# Below either of these a model learns the posts by heart, whatever one does.
FEW_POSTS, FEW_BYTES = 2000, 200_000
_FROM_SCRATCH = 5000  # posts from which a small model of its own has something to learn from
_WINDOW = 1024  # tokens that GPT-2 sees at once

_NAMES = {"Cjk": "Han", "Hiragana": "Kana", "Katakana": "Kana", "Fullwidth": "Latin", "Halfwidth": "Kana"}
EMOJI = "emoji"


@dataclass(frozen=True)
class Stats:
    """The figures of a corpus."""

    posts: int
    words: int
    characters: int
    bytes: int  # as the posts stand in corpus.txt
    tokens: int  # counted with `vocabulary`, or estimated where that is ""
    vocabulary: str
    sources: dict[str, int]  # posts by source; a post may have several
    lengths: list[int]  # of every post, in characters
    same: int  # posts that repeat an earlier one word for word
    near: int  # or nearly
    scripts: dict[str, float]  # the share of the letters and emoji that belongs to each, the largest first
    times: list[float]  # when posts were posted, seconds since the epoch, the earliest first
    broken: int = 0  # lines that are not UTF-8

    @property
    def median(self) -> float:
        """Of the lengths."""
        return statistics.median(self.lengths) if self.lengths else 0.0


def look(data: Path, working_folder: Path) -> Stats:
    """Measure the corpus of a data directory; the working folder is where a vocabulary may lie too.

    Raises:
        FileError: there is no corpus, or a file is damaged.
    """
    corpus = Corpus(data)
    entries = list(corpus.entries())
    if not entries:
        gone = sum(one.posts for one in forgotten.read(data))
        forgot = counted(gone, "post was forgotten", "posts were forgotten")
        raise FileError(
            f"there is no {corpus.path}, or no post in it",
            forgot if gone else "make one with: botus corpus import FILE...",
        )
    tokens, vocabulary = count_tokens([entry.text for entry in entries], data, working_folder)
    return measure(entries, tokens, vocabulary, len(corpus.read().broken))


def measure(entries: Sequence[CorpusPost], tokens: int, vocabulary: str, broken: int = 0) -> Stats:
    """Measure a corpus of these posts; the arguments are as in `Stats`."""
    texts = [entry.text for entry in entries]
    known = Known((), texts)
    repeated = Counter(like.is_same for text in texts if (like := known.meet(text)))
    return Stats(
        posts=len(texts),
        words=sum(len(words(text)) for text in texts),
        characters=sum(map(len, texts)),
        bytes=sum(len(escape(text).encode()) + 1 for text in texts),
        tokens=tokens,
        vocabulary=vocabulary,
        sources=dict(Counter(source for entry in entries for source in entry.sources).most_common()),
        lengths=[len(text) for text in texts],
        same=repeated[True],
        near=repeated[False],
        scripts=scripts(texts),
        times=sorted(entry.at for entry in entries if entry.at is not None),
        broken=broken,
    )


def count_tokens(posts: Sequence[str], data: Path, working_folder: Path) -> tuple[int, str]:
    """Count tokens with the vocabulary of the run, else of a base model; without one, estimate them.

    Returns:
        how many, and the folder of the vocabulary, "" for an estimate.
    """
    runs = [base / "checkpoint" / "run1" for base in (data, working_folder)]
    models = working_folder / "models"
    for folder in [*runs, *(sorted(models.iterdir()) if models.is_dir() else [])]:
        encoder, bpe = folder / "encoder.json", folder / "vocab.bpe"
        if encoder.is_file() and bpe.is_file():
            try:
                from botus.checkpoints.vocabulary import Vocabulary

                vocabulary = Vocabulary(encoder.read_bytes(), bpe.read_bytes())
                return sum(len(vocabulary.encode(post)) for post in posts), str(folder)
            except (SettingsError, OSError, ValueError):  # no tokenizers here, or not a vocabulary
                continue
    return estimate_tokens(posts), ""


def estimate_tokens(posts: Iterable[str]) -> int:
    """Estimate the tokens of GPT-2's own vocabulary: it has whole English words, and pieces of all else."""
    # Per letter, by its bytes in UTF-8, as byte-level BPE trained on English has them: four letters of ASCII
    # a token, one or two of an alphabet of two bytes, two to three tokens for a letter or emoji of more.
    tokens = {1: 1 / 4, 2: 0.6, 3: 1.8, 4: 2.5}
    letters = Counter("".join(posts))
    return round(sum(n * tokens[len(letter.encode("utf-8", "replace"))] for letter, n in letters.items()))


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


@cache
def _script(letter: str) -> str:
    """The script of a letter, `EMOJI`, or "" for what belongs to none.

    It is the first word of the letter's Unicode name: right for all that is common, and no table is needed.
    """
    kind = unicodedata.category(letter)
    if kind == "So" and letter >= "\u2190":
        return EMOJI
    if not kind.startswith("L"):
        return ""
    first = unicodedata.name(letter, "other").split()[0].split("-")[0].capitalize()
    return _NAMES.get(first, first)
