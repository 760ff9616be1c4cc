"""What other files say of the posts of a review: used, set aside, forbidden, like the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from botus import demo
from botus.checkpoints import samples
from botus.errors import FileError
from botus.review.machine.explaining import when_and_where
from botus.screening.denylist import Denylist, parse_denylist
from botus.screening.likeness.copies import words
from botus.screening.likeness.hashes import hashes_of
from botus.screening.novelty import Novelty
from botus.store import corpus as corpora
from botus.store import forgotten
from botus.store.candidates import Candidates
from botus.store.durable import files
from botus.store.durable.lines import Line
from botus.store.intents import Intents
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import ANSWERS, TWEETS, Queue
from botus.store.state import StateFiles
from botus.text import fingerprint


class Surroundings:
    """The files around one review; those of answers.txt are fewer."""

    def __init__(self, data: Path, file: str = TWEETS) -> None:
        self._data, self._queue, self._is_pool = data, Queue(data, file), file == ANSWERS
        self._answers, self._state = Queue(data, ANSWERS), StateFiles(data)
        self._log, self._intents = Log(data), Intents(data)
        self._denylist = data / "denylist.txt"
        self._corpora: dict[Path, Novelty | None] = {}

    def used(self) -> dict[str, str]:
        """Return when and where posts were used, by fingerprint."""
        if self._is_pool:  # what may be said is not used up
            return {}
        found = dict.fromkeys(self._intents.used(), "it is being posted")
        return found | {post: when_and_where(entry) for post, entry in self._log.used().items()}

    def pooled(self) -> Iterable[Line]:
        """Return the lines of answers.txt."""
        return () if self._is_pool else self._answers.lines()

    def set_aside(self) -> Mapping[str, str]:
        """Return why a platform found posts too long, by fingerprint."""
        with suppress(FileError):  # `post` says what is wrong with it
            return {} if self._is_pool else self._state.load().too_long
        return {}

    def denylist(self) -> Denylist:
        """Read denylist.txt; FileError where it is damaged."""
        return parse_denylist(files.read(self._denylist) or b"", str(self._denylist))

    def inner(self) -> frozenset[str]:
        """Return the posts that are parts of longer ones, between training markers, by fingerprint."""
        numbers = samples.inner_lines(self._queue.having(samples.BORDERS))
        if not numbers:
            return frozenset()
        lines = (line for line in self._queue.lines() if line.number in numbers)
        return frozenset(fingerprint(line.text) for line in lines if line.text is not None)

    def stamps(self) -> dict[str, object]:
        """Tell the files apart from what they were before."""
        paths = {
            "queue": self._queue.path,
            "log": self._log.path,
            "candidates": Candidates(self._data).path,
            "state": self._state.path,
            "answers": self._answers.path,
            "denylist": self._denylist,
        }
        return {name: files.state(path) for name, path in paths.items()}

    def compare(self, post: str, model: str = "") -> str:
        """Say which words in a row a post shares with the corpus; with the demo's where it wrote it."""
        path, where = self._data / "corpus.txt", "the corpus"
        if model == demo.NAME:
            path, where = demo.corpus(), "the demo's corpus"
        novelty = self._novelty(path)
        if novelty is None:
            return "there is no corpus.txt here to compare with: botus corpus import FILE makes one"
        nearest = novelty.nearest(words(post))
        if nearest and nearest.number == 0:
            return f"{nearest.run} words in a row as in a post of {where} that was forgotten"
        if nearest:
            return f"{nearest.run} words in a row as in post {nearest.number} of {where}: {nearest.text}"
        return f"nothing in {where} shares five words in a row with it"

    def _novelty(self, path: Path) -> Novelty | None:
        """What compares with a corpus, or what is left of a forgotten one; None where there is neither."""
        if path not in self._corpora:
            posts, hashes = corpora.read(path).everything, hashes_of(forgotten.read(self._data))
            self._corpora[path] = Novelty(posts, forgotten=hashes) if posts or hashes else None
        return self._corpora[path]
