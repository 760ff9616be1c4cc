"""The loop: texts are drawn and judged, and the accepted ones written, until n lines are in the queue.

Accepted texts are written in small groups, first their provenance, then the lines, both durable, so that
nothing is torn, lost or unaccounted for at any moment. It knows no model: whoever calls it passes a function
that draws. The same seed run again goes on where it was, because the records say how far its stream was read.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from botus import text
from botus.errors import BotusError, Interrupted, SettingsError
from botus.generation.job import Job, Sample
from botus.generation.judge import Judge
from botus.generation.report import GenerationReport
from botus.screening.novelty import EARLIER, known
from botus.shutdown import Interrupts
from botus.store.candidates import Candidate, Candidates
from botus.store.decisions.journal import Decisions
from botus.store.durable import files
from botus.store.queue.tweets import ANSWERS, TWEETS, Queue

Draw = Callable[[int], Iterator[Sample]]  # the stream of a seed from a place on
GROUP = 16  # lines that are made durable together, or fewer after a second
_SECOND = 1.0
_STRETCH = 1000  # texts of which at least one in a hundred must pass
FIRST_STRETCH = 300  # the same at the beginning: what is hopeless is so from there on


class Stopped(Interrupted):
    """Ctrl-C or a signal; `report` tells what was done."""

    def __init__(self, report: GenerationReport) -> None:
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
    on_progress: Callable[[GenerationReport], None] = lambda report: None,
    on_line: Callable[[str], None] = lambda post: None,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
) -> GenerationReport:
    """Write lines into the queue until n are in.

    Args:
        job, draw: what is to be done, and with which texts.
        on_progress: told the report so far, ten times a second and at the end.
        on_line: told every accepted text, when it is durable.
        clock, now: seconds that never go back; Unix time in seconds.

    Raises:
        Stopped: Ctrl-C or a signal came; what was accepted is in the queue.
        FileError: the disk is full or a file is damaged; what is in the queue is whole.
        BusyError: another generate is at work here.
    """
    run = _Run(job, on_progress, on_line, clock, now)
    if job.dry_run:
        return run.go(draw)
    with files.lock(job.data, "generate", holder="another botus generate"):
        return run.go(draw)


def new_seed() -> int:
    """Draw a seed for a run that was given none."""
    return secrets.randbelow(1_000_000_000)


class _Run:
    """One run: what is accepted but not yet durable, and the report so far."""

    def __init__(
        self,
        job: Job,
        on_progress: Callable[[GenerationReport], None],
        on_line: Callable[[str], None],
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self.job, self.on_progress, self.on_line, self.clock, self.now = job, on_progress, on_line, clock, now
        self.candidates, self.queue = Candidates(job.data), Queue(job.data, job.file)
        self.pending: list[Candidate] = []
        self.reached = self.last_time = 0
        self.is_writing = False
        self.began = self.told = self.flushed = clock()
        self.report = GenerationReport(
            wanted=job.n,
            seed=job.origin.seed,
            queue="" if job.dry_run else str(self.queue.path),
            compared=None if job.copies else len(job.corpus) + sum(one.posts for one in job.forgotten),
            lost_mass=job.origin.lost_mass,
        )

    def go(self, draw: Draw) -> GenerationReport:
        samples: Iterator[Sample] = iter(())
        try:
            with Interrupts() as interrupts:
                try:
                    judge = self._begin()
                    samples = draw(self.reached)
                    self._loop(samples, judge, interrupts)
                    interrupts.hold()
                    self._end()
                except KeyboardInterrupt:
                    interrupts.hold()
                    self._end()
                    raise Stopped(self.report) from None
                except Exception as error:
                    interrupts.hold()
                    self._failed(error)
                    raise
        finally:
            getattr(samples, "close", lambda: None)()  # stops the threads behind it
        return self.report

    def _begin(self) -> Judge:
        self._check_share()
        self.reached = self.candidates.reached(self.job.origin)
        self.report.skipped = self.reached // self.job.share.of  # of so many shares as many were looked at
        if not self.job.dry_run:
            self._requeue()
        judge = Judge(self.job)
        self.began = self.flushed = self.clock()
        return judge

    def _check_share(self) -> None:
        """Two shares in one folder are a slip, and two machines that write into it may damage it."""
        share = self.job.origin.share
        if share and (others := {one.get("share", "") for one in self.candidates.records()} - {"", share}):
            raise SettingsError(
                f"{self.job.data} has lines of share {min(others)}",
                f"give share {share} a data folder of its own, with --data",
            )

    def _requeue(self) -> None:
        """Put where it belongs what a killed run had written down and not yet put there."""
        file, unfinished = self.candidates.unfinished()
        texts = {text.fingerprint(post): post for post in unfinished}
        if not texts:
            return
        there = {text.fingerprint(post) for source, post in known(self.job.data) if source != EARLIER}
        for journal in (TWEETS, ANSWERS):
            there |= Decisions(self.job.data, journal).verdicts().keys()
        lost = [post for fingerprint, post in texts.items() if fingerprint not in there]
        Queue(self.job.data, file).append(lost)
        self.report.requeued = len(lost)

    def _loop(self, samples: Iterator[Sample], judge: Judge, interrupts: Interrupts) -> None:
        report, seen_before, accepted_before = self.report, 0, 0
        for sample in samples:
            self._take(sample, judge)
            if report.accepted >= report.wanted:
                return
            if len(self.pending) >= GROUP or (self.pending and self.clock() - self.flushed >= _SECOND):
                with interrupts.held():
                    self._flush()
            if self.clock() - self.told >= 0.1:
                self.told = self.clock()
                self._tell()
            if report.seen == FIRST_STRETCH or report.seen % _STRETCH == 0:
                stretch = report.seen - seen_before
                if (report.accepted - accepted_before) * 100 < stretch:
                    passed = report.accepted - accepted_before or "none"
                    report.stopped = f"stopped: {passed} of the last {stretch:,} texts passed"
                    return
                seen_before, accepted_before = report.seen, report.accepted
        report.stopped = "stopped: there are no more texts"

    def _take(self, sample: Sample, judge: Judge) -> None:
        judged = judge.judge(sample)
        if isinstance(judged, Candidate):
            judge.accept(judged.text)
            self.pending.append(judged)
            self.report.accepted += 1
        else:
            self.report.refuse(sample.text, judged)
        self.report.seen += 1
        self.reached = sample.number + 1

    def _flush(self) -> None:
        """Make durable what is pending: the provenance first."""
        if not self.pending:
            return
        texts = [candidate.text for candidate in self.pending]
        if not self.job.dry_run:
            self.is_writing = True  # until it has worked: after a full disk nothing more is tried
            self.candidates.append(self.job.origin, self.pending, self._time(), self.job.file)
            self.queue.append(texts)
            self.is_writing = False
        self.pending, self.flushed = [], self.clock()
        for post in texts:
            self.on_line(post)

    def _end(self) -> None:
        self._flush()
        if not self.job.dry_run and (self.report.seen or self.report.requeued):
            self.candidates.finish(self.job.origin, self.reached, self._time())
        self._tell()

    def _time(self) -> int:
        self.last_time = max(self.last_time + 1, int(self.now() * 1000))
        return self.last_time

    def _tell(self) -> None:
        self.report.seconds = self.clock() - self.began
        self.on_progress(replace(self.report))

    def _failed(self, error: Exception) -> None:
        """Save what is accepted if saving is not what failed, and say how much is saved."""
        if not self.is_writing:
            self._end()
        written = self.report.accepted - len(self.pending)
        if isinstance(error, BotusError) and written:
            lines = text.counted(written, "line")
            error.message = f"{error.message}; {lines} of this run went into {self.queue.path}"
            error.args = (error.message,)
