"""Is a text accepted? The screen, the novelty and the score in one answer.

What a new text must differ from is read once from the data directory.
"""

from __future__ import annotations

from dataclasses import asdict

from botus.generation.job import Job, Sample
from botus.generation.score import Scorer
from botus.screening.likeness.hashes import hashes_of
from botus.screening.novelty import Novelty, known
from botus.screening.screen import Screen
from botus.screening.verdict import Verdict
from botus.store.candidates import Candidate


class Judge:
    """Accepts or refuses the texts of a job one by one."""

    def __init__(self, job: Job) -> None:
        self._screen = Screen(job.rules)
        corpus, hashes = ((), ()) if job.copies else (job.corpus, hashes_of(job.forgotten))
        self._novelty = Novelty(corpus, known(job.data), hashes)
        self._scorer = Scorer(job.corpus)

    def judge(self, sample: Sample) -> Candidate | Verdict:
        """Return the candidate that a text makes, or the verdict that refuses it."""
        verdict = self._screen.check(sample.text, finished=sample.finished)
        if verdict.reason:
            return verdict
        novelty = self._novelty.check(verdict.text)
        if novelty.reason:
            return novelty
        score, parts = self._scorer.rate(verdict.text)
        return Candidate(
            text=verdict.text,
            number=sample.number,
            score=score,
            parts=parts,
            logprob=round(sample.logprob, 4),
            nearest=asdict(novelty.nearest) if novelty.nearest else None,
            flags=verdict.flags,
            repairs=verdict.repairs,
        )

    def accept(self, post: str) -> None:
        """Refuse this text and its like from now on."""
        self._novelty.add(post)
