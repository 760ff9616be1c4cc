"""Is a text accepted? The screen, the novelty and the score in one answer.

Samples go in one by one; out comes a `Candidate`, or the reason and detail of the refusal. What a new text
must differ from is read once from the data directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from botus import text
from botus.generation import score
from botus.generation.score import CorpusProfile
from botus.screening.hashes import Hashes
from botus.screening.novelty import Novelty
from botus.screening.rules import Rules
from botus.screening.screen import Screen
from botus.store.candidates import Candidate, Candidates
from botus.store.decisions import Decisions
from botus.store.queue import Queue
from botus.store.tweeted import Log

_REAL_POSTS = 64  # of the corpus, which the model is asked about to know what is likely


class Sample(Protocol):
    """What a sampler draws: a text, whether it is whole, its mean log-probability, its place."""

    @property
    def text(self) -> str: ...
    @property
    def finished(self) -> bool: ...
    @property
    def logprob(self) -> float: ...
    @property
    def number(self) -> int: ...


Logprob = Callable[[Sequence[str]], list[float]]


class Critic:
    """Accepts or refuses texts one by one.

    Args:
        data: the data directory.
        rules: what a text has to keep to.
        corpus: the posts that the model was trained on; empty where they are not known.
        copies: whether texts may be copies of the corpus.
        logprob: asks the model about posts; None to score without it.
        forgotten: what is left of corpora that are no longer there.
        profile: what real posts are like, where that is not to be learned from the corpus.
    """

    def __init__(
        self,
        data: Path,
        rules: Rules,
        corpus: Sequence[str] = (),
        *,
        copies: bool = False,
        logprob: Logprob | None = None,
        forgotten: Sequence[Hashes] = (),
        profile: CorpusProfile | None = None,
    ) -> None:
        self._screen = Screen(rules)
        self._novelty = Novelty(() if copies else corpus, known(data), () if copies else forgotten)
        self._profile = profile or profile_of(corpus, logprob)

    def judge(self, sample: Sample) -> Candidate | tuple[str, str]:
        """Return the candidate that a text makes, or the reason and detail of its refusal."""
        verdict = self._screen.check(sample.text, finished=sample.finished)
        if verdict.reason:
            return verdict.reason, verdict.detail
        answer = self._novelty.check(verdict.text)
        if answer.reason:
            return answer.reason, answer.detail
        rated = score.score(verdict.text, sample.logprob, self._profile)
        nearest: dict[str, Any] | None = asdict(answer.nearest) if answer.nearest else None
        return Candidate(
            verdict.text,
            sample.number,
            rated.total,
            rated.parts,
            round(sample.logprob, 4),
            nearest,
            verdict.flags,
            verdict.repairs,
        )

    def accept(self, post: str) -> None:
        """Refuse this text and its like from now on."""
        self._novelty.add(post)


def known(data: Path) -> Iterator[tuple[str, str]]:
    """Yield every text that a new one must differ from, with where it is."""
    for line in Queue(data).lines():
        if line.text is not None:
            yield "the queue", line.text
    for entry in Log(data).entries():
        yield "the log", entry["text"]
        if "id" not in entry and "\\" in entry["text"]:  # the predecessor posted a line as it stood
            yield "the log", text.unescape(entry["text"])
    for post in Decisions(data).dropped_texts():
        yield "the dropped lines", post
    for record in Candidates(data).records():
        yield "an earlier run", record["text"]


def profile_of(corpus: Sequence[str], logprob: Logprob | None) -> CorpusProfile:
    """Learn from a corpus, and what the model thinks of it, what real posts are like."""
    posts = score.sample(corpus, _REAL_POSTS)
    asked = logprob is not None and len(posts) >= score.FEWEST
    return score.profile(posts, logprob(posts) if logprob and asked else None)
