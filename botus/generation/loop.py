"""The loop: sampler -> screen -> novelty -> candidates and queue, until n lines are in.

A stream of texts comes in; accepted ones go out in small groups, first their provenance, then the lines, both
durable, so that nothing is torn, lost or unaccounted for at any moment. It knows no model: whoever calls it
passes a function that draws. The one surprise: the same seed run again goes on where it was, because the
records of its lines say how far its stream was read.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botus import text
from botus.errors import BotusError, Interrupted, SettingsError
from botus.generation.judge import Critic, Logprob, Sample, known
from botus.generation.report import Column, Progress, Report
from botus.generation.score import CorpusProfile
from botus.screening.hashes import hashes_of
from botus.screening.rules import Rules
from botus.shutdown import Signals
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.decisions import Decisions
from botus.store.durable import files
from botus.store.forgotten import ForgottenCorpus
from botus.store.queue import Queue

__all__ = ["Critic", "Job", "Origin", "Stopped", "compare", "generate", "new_seed"]

GROUP = 16  # lines that are made durable together, or fewer after a second
_SECOND = 1.0
_STRETCH = 1000  # texts of which at least one in a hundred must pass
_FLOOR = _STRETCH // 100


Draw = Callable[[int], Iterator[Sample]]  # the stream of a seed from a place on


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Args:
        data: the data directory.
        origin: where the texts come from.
        n: lines to write.
        rules: what a text has to keep to.
        corpus: the posts that the model was trained on; empty where they are not known.
        copies: whether texts may be copies of the corpus.
        dry_run: write nothing.
        forgotten: what is left of corpora that are no longer there.
        profile: what real posts are like, where that is not to be learned from the corpus.
    """

    data: Path
    origin: Origin
    n: int
    rules: Rules = field(default_factory=Rules)
    corpus: Sequence[str] = ()
    copies: bool = False
    dry_run: bool = False
    forgotten: Sequence[ForgottenCorpus] = ()
    profile: CorpusProfile | None = None

    def __post_init__(self) -> None:
        if self.n < 1:
            raise SettingsError(f"-n is {self.n}: it is the number of lines to write", "give 1 or more")

    def critic(self, logprob: Logprob | None = None) -> Critic:
        """Return the critic of the texts of this job."""
        return Critic(
            self.data,
            self.rules,
            self.corpus,
            copies=self.copies,
            logprob=logprob,
            forgotten=hashes_of(self.forgotten),
            profile=self.profile,
        )


class Stopped(Interrupted):
    """Ctrl-C or a signal; `report` tells what was done."""

    def __init__(self, report: Report) -> None:
        lines = text.counted(report.accepted, "line")
        super().__init__(
            f"stopped: {lines} went into {report.queue}" if report.queue else "stopped",
            f"the same command with --seed {report.seed} goes on from there",
        )
        self.report = report


def generate(
    job: Job,
    draw: Draw,
    *,
    logprob: Logprob | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_line: Callable[[str], None] = lambda post: None,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
) -> Report:
    """Write lines into the queue until n are in.

    Args:
        job: what is to be done.
        draw: returns the texts of the seed from a place on.
        logprob: the model's mean log-probability per token of given posts.
        on_progress: told where the run stands, ten times a second and at the end.
        on_line: told every accepted text, when it is durable.
        clock: seconds that never go back.
        now: Unix time in seconds.

    Returns:
        The report; its `stopped` is set where fewer than 1 % of a long stretch passed.

    Raises:
        Stopped: Ctrl-C or a signal came; what was accepted is in the queue.
        FileError: the disk is full or a file is damaged; what is in the queue is whole.
        BusyError: another generate is at work here.
    """
    run = _Run(job, on_progress, on_line, clock, now)
    if job.dry_run:
        return run.go(draw, logprob)
    with files.lock(job.data, "generate", holder="another botus generate"):
        return run.go(draw, logprob)


def compare(
    job: Job, streams: Callable[[float], Iterator[Sample]], temperatures: Sequence[float]
) -> list[Column]:
    """Find n acceptable texts at each of several temperatures; writes nothing.

    Args:
        job: its n, rules, corpus and data directory are used.
        streams: returns the texts of a temperature.
        temperatures: in the order of the columns.
    """
    critic = job.critic()
    return [_column(critic, streams(temperature), temperature, job.n) for temperature in temperatures]


def new_seed() -> int:
    """Draw a seed for a run that was given none."""
    return secrets.randbelow(1_000_000_000)


class _Run:
    """One run: what is accepted but not yet durable, and the counts."""

    def __init__(
        self,
        job: Job,
        on_progress: Callable[[Progress], None],
        on_line: Callable[[str], None],
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self.job, self.on_progress, self.on_line, self.clock, self.now = job, on_progress, on_line, clock, now
        self.candidates, self.queue = Candidates(job.data), Queue(job.data)
        self.pending: list[Candidate] = []
        self.written = self.seen = self.reached = self.requeued = self.skipped = self.last_time = 0
        self.refused: Counter[str] = Counter()
        self.examples: dict[str, tuple[str, str]] = {}
        self.stopped, self.is_writing = "", False
        self.began = self.told = self.flushed = clock()

    def go(self, draw: Draw, logprob: Logprob | None) -> Report:
        samples: Iterator[Sample] = iter(())
        try:
            with Signals() as signals:
                try:
                    critic = self._prepare(logprob)
                    samples = draw(self.reached)
                    self._loop(samples, critic, signals)
                    signals.hold()
                    self._end()
                except KeyboardInterrupt:
                    signals.hold()
                    self._end()
                    raise Stopped(self.report()) from None
                except Exception as error:
                    signals.hold()
                    self._failed(error)
                    raise
        finally:
            getattr(samples, "close", lambda: None)()  # stops the threads behind it
        return self.report()

    def report(self) -> Report:
        job = self.job
        return Report(
            **vars(self._progress()),
            seed=job.origin.seed,
            queue="" if job.dry_run else str(self.queue.path),
            compared=None if job.copies else len(job.corpus) + sum(one.posts for one in job.forgotten),
            examples=self.examples,
            stopped=self.stopped,
            requeued=self.requeued,
            skipped=self.skipped,
            lost_mass=job.origin.lost_mass,
        )

    def _prepare(self, logprob: Logprob | None) -> Critic:
        job = self.job
        self.skipped = self.reached = self.candidates.reached(job.origin)
        if not job.dry_run:
            self._requeue()
        critic = job.critic(logprob)
        self.began = self.flushed = self.clock()
        return critic

    def _requeue(self) -> None:
        """Put into the queue what a killed run had written down and not yet put there."""
        texts = {text.fingerprint(post): post for post in self.candidates.unfinished()}
        if not texts:
            return
        there = {
            text.fingerprint(post) for source, post in known(self.job.data) if source != "an earlier run"
        }
        there |= Decisions(self.job.data).verdicts().keys()
        lost = [post for mark, post in texts.items() if mark not in there]
        self.queue.append(lost)
        self.requeued = len(lost)

    def _loop(self, samples: Iterator[Sample], critic: Critic, signals: Signals) -> None:
        accepted_before = 0
        for sample in samples:
            self._judge(sample, critic)
            if self.accepted >= self.job.n:
                return
            if len(self.pending) >= GROUP or (self.pending and self.clock() - self.flushed >= _SECOND):
                with signals.held():
                    self._flush()
            self._tell()
            if self.seen % _STRETCH == 0:
                if self.accepted - accepted_before < _FLOOR:
                    self.stopped = f"stopped: fewer than 1 % of the last {_STRETCH} texts passed"
                    return
                accepted_before = self.accepted
        self.stopped = "stopped: there are no more texts"

    @property
    def accepted(self) -> int:
        return self.written + len(self.pending)

    def _judge(self, sample: Sample, critic: Critic) -> None:
        found = critic.judge(sample)
        if isinstance(found, Candidate):
            critic.accept(found.text)
            self.pending.append(found)
        else:
            reason, detail = found
            self.refused[reason] += 1
            self.examples.setdefault(reason, (sample.text, detail))
        self.seen += 1
        self.reached = sample.number + 1

    def _flush(self) -> None:
        """Make durable what is pending: the provenance first."""
        if not self.pending:
            return
        texts = [candidate.text for candidate in self.pending]
        if not self.job.dry_run:
            self.is_writing = True  # until it has worked: after a full disk nothing more is tried
            self.candidates.append(self.job.origin, self.pending, self._time())
            self.queue.append(texts)
            self.is_writing = False
        self.written, self.pending, self.flushed = self.accepted, [], self.clock()
        for post in texts:
            self.on_line(post)

    def _end(self) -> None:
        self._flush()
        if not self.job.dry_run and (self.seen or self.requeued):
            self.candidates.finish(self.job.origin, self.reached, self._time())
        self.on_progress(self._progress())

    def _time(self) -> int:
        self.last_time = max(self.last_time + 1, int(self.now() * 1000))
        return self.last_time

    def _tell(self) -> None:
        if self.clock() - self.told >= 0.1:
            self.told = self.clock()
            self.on_progress(self._progress())

    def _progress(self) -> Progress:
        seconds = self.clock() - self.began
        return Progress(self.accepted, self.job.n, self.seen, dict(self.refused), seconds)

    def _failed(self, error: Exception) -> None:
        """Save what is accepted if saving is not what failed, and say how much is saved."""
        if not self.is_writing:
            self._end()
        if isinstance(error, BotusError) and self.written:
            lines = text.counted(self.written, "line")
            error.message = f"{error.message}; {lines} of this run went into {self.queue.path}"
            error.args = (error.message,)


def _column(critic: Critic, samples: Iterator[Sample], temperature: float, n: int) -> Column:
    found: list[str] = []
    seen = 0
    for seen, sample in enumerate(samples, 1):
        judged = critic.judge(sample)
        if isinstance(judged, Candidate) and judged.text not in found:
            found.append(judged.text)
        if len(found) >= n or (seen >= _STRETCH and len(found) * 100 < seen):
            break
    return Column(temperature, found, seen)
