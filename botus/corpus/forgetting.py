"""Forgets a corpus when its model is done: its text goes, and what keeps new lines from copying it stays.

The hashes are on the disk, read back and tried out before any text goes, and the text goes in one piece. So a
crash leaves the corpus or its hashes or both, and the same command does the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from botus.corpus.feedback import SOURCE as KEPT
from botus.errors import FileError
from botus.screening.likeness import hashes
from botus.screening.likeness.copies import words
from botus.screening.likeness.hashes import hashes_of
from botus.screening.rules import hashtags_of
from botus.store import forgotten
from botus.store.candidates import Candidates
from botus.store.corpus import BY_HAND, Corpus, read
from botus.store.durable import files
from botus.store.forgotten import ForgottenCorpus
from botus.text import counted

_TRIED = 500  # posts or more that the hashes must refuse before the text goes


@dataclass(frozen=True)
class Done:
    """What was forgotten: posts, bytes of hashes that took their place, quotes in candidates.jsonl."""

    posts: int
    size: int
    quotes: int


def plan(data: Path) -> list[str] | None:
    """Say what forgetting would delete, what stays, and what only the person can delete.

    Returns:
        lines; None where there is nothing to forget.

    Raises:
        FileError: corpus.txt is a link, or a file cannot be read or is damaged.
    """
    corpus, candidates = Corpus(data), Candidates(data)
    files.refuse_link(corpus.path)
    quotes = candidates.quotes()
    goes = [path for path in (corpus.path, corpus.sources) if path.exists()]
    if not goes and not quotes:
        return None
    posts = len(corpus.read().everything)
    text = f"the text of {counted(posts, 'post')}" if posts else "what is left of its text"
    lines = [f"This deletes the corpus, {text}, for good:", *(f"  {path}" for path in goes)]
    lines += [f"  what {candidates.path} quotes of it"] if quotes else []
    lines += [
        "What stays:",
        f"  {forgotten.path_in(data)}: hashes, with which a guess can be tried, but no words",
        "  the queue, the log and your decisions, which are the bot's own words",
        "What only you can delete:",
        "  the model, which may still recite posts that it learned by heart",
    ]
    for path in sorted(data.glob("checkpoint/*/resume")):
        lines.append(f"  {path}: the state of a training that cannot go on without the text")
    named = [*sorted(corpus.counts().keys() - {BY_HAND, KEPT}), *map(str, _likely_copies(data))]
    lines.append(f"  exports, backups and snapshots{': ' if named else ''}{', '.join(named)}")
    lines.append("Afterwards no line can be traced to a post, and training again needs a new import.")
    return lines


def forget(data: Path, salt: Callable[[int], bytes] = os.urandom, *, wait: float = 60.0) -> Done:
    """Put hashes in the place of the corpus.

    Args:
        salt: returns so many random bytes.
        wait: seconds that another command of the corpus may still need.

    Raises:
        BusyError: finetune, generate or another command of the corpus is at work.
        FileError: a file cannot be read or written, or is damaged; the text is still there.
    """
    corpus = Corpus(data)
    files.refuse_link(corpus.path)
    with (
        files.lock(data, "finetune", holder="botus finetune"),
        files.lock(data, "generate", holder="botus generate"),
        corpus.working(wait),
    ):
        for _ in range(10):
            seen = files.stamp(corpus.path)
            left = _hashed(data, salt)
            with files.editing(data):
                if files.stamp(corpus.path) == seen:
                    return _replace(data, left)
    raise FileError(f"{corpus.path} keeps changing", "close the program that writes to it, then try again")


def _hashed(data: Path, salt: Callable[[int], bytes]) -> ForgottenCorpus | None:
    """What stays of corpus.txt; None where it is there already, or where there are no posts."""
    path = Corpus(data).path
    posts, content = read(path).everything, files.read(path) or b""
    if not posts or any(one.was(content) for one in forgotten.read(data)):
        return None
    grains = salt(hashes.SALT)
    table = hashes.make(posts, hashtags_of(posts), grains).table
    return ForgottenCorpus(len(posts), grains, table, forgotten.digest_of(content, grains))


def _replace(data: Path, left: ForgottenCorpus | None) -> Done:
    corpus, candidates = Corpus(data), Candidates(data)
    if left:
        forgotten.add(data, left)
        known, posts = hashes_of(forgotten.read(data)), corpus.read().everything
        for post in posts[:: max(1, len(posts) // _TRIED)]:
            if all(one.copied(post, words(post)) is None for one in known):
                raise FileError(
                    f"{forgotten.path_in(data)} does not know the posts of {corpus.path} again",
                    "nothing was deleted; this is a fault in botus",
                )
    quotes = candidates.forget_nearest()
    files.remove(corpus.path)
    files.remove(corpus.sources)
    for path in (corpus.path, corpus.sources, candidates.path):
        files.sweep(path.parent, 0, path.name)
    return Done(left.posts if left else 0, len(left.table) if left else 0, quotes)


def _likely_copies(data: Path) -> Iterator[Path]:
    """Files that look like copies of the corpus, or like what a training leaves of it."""
    for pattern in ("*corpus*", "*.npz", "checkpoint/*/*.npz", "checkpoint/*/*sample*", "samples/*/*"):
        yield from (path for path in sorted(data.glob(pattern)) if path.name != "corpus.txt")
