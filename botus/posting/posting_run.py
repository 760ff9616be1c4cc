"""One posting run: recover what is open, choose a line, claim it, send it, write it into the log.

The promise: botus never knowingly sends a line twice, and never loses one. Used is what the log, the intents
or done/ have; taking the line out of tweets.txt is tidying. After the claim the run looks at done/ and the
log again, because two runs whose locks do not exclude may have chosen the same line.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from itertools import chain
from random import Random

from botus.checkpoints import samples
from botus.errors import FileError
from botus.log import Say
from botus.posting.delivery import Deliverer, Posted, has_come, is_gone
from botus.posting.log.check import check_whole, remember
from botus.posting.log.entry import log_entry
from botus.posting.selection import Selection, choose, named
from botus.posting.target import Target
from botus.screening.denylist import parse_denylist
from botus.settings import Settings
from botus.store.candidates import Candidates
from botus.store.decisions.journal import Decisions
from botus.store.decisions.judgement import LEFT
from botus.store.durable import files, mounts
from botus.store.durable.lines import Line
from botus.store.intents import Delivery, Intent, Intents
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import Queue
from botus.store.state import StateFiles
from botus.text import fingerprint, short_id

_OPEN_LIMIT = 20  # lines that wait for a target that is down
_DONE_KEPT = 30 * 86400  # seconds; older proofs go once the log has them
_DONE_LOOKED_AT = 50
_LEFT_KEPT = 100


@dataclass(frozen=True)
class Outcome:
    """What a posting run did.

    Attributes:
        posted: every success.
        chosen: the new post that was claimed, None where none was; `chosen_id` names it, and `states` says
            how far it came on each target.
        failed: targets that are stopped, or could not be reached or did not answer.
        left_out: why targets that are down were not asked for the new post, one sentence each.
        look_at: when a lost answer can be looked up; seconds since the epoch.
    """

    posted: tuple[Posted, ...] = ()
    chosen: str | None = None
    chosen_id: str = ""
    states: Mapping[str, str] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    look_at: float | None = None


@dataclass
class PostingRun:
    """One posting run on one data directory, with what it works with.

    Attributes:
        settings: the data directory, and which lines go out.
        targets: where to post, by name; empty for looking only.
        rng: chooses the line.
        clock: seconds since the epoch.
        wait: seconds to wait for another posting run to end.
        anyway: a line that is named goes out though it waits for a person, who has read it now.
    """

    settings: Settings
    targets: Mapping[str, Target]
    _: KW_ONLY
    rng: Random
    clock: Callable[[], float]
    say: Say
    wait: float = 0.0
    anyway: bool = False

    def __post_init__(self) -> None:
        self.data = data = self.settings.data
        self.queue, self.log, self.state = Queue(data), Log(data), StateFiles(data)
        self.intents = Intents(data)
        self.decisions, self.candidates = Decisions(data), Candidates(data)

    def post(self, name: str | None = None) -> Outcome:
        """Recover, then post one new line to every target that takes it.

        Args:
            name: of the post that it is to be, an id or the beginning of its fingerprint; None for any. Posts
                that are overdue wait for the next run where there is one.

        Raises:
            SettingsError, RefusedError: `name` is of no post, or of one that may not go out.
            BusyError: another posting run is at work.
            FileError: a file is damaged or cannot be written; nothing was sent after that.
        """
        return self._run(settle_only=False, name=name)

    def settle(self) -> Outcome:
        """Only find out what became of posts whose answer was lost."""
        return self._run(settle_only=True)

    def selection(self) -> Selection:
        """What decides which lines may be drawn now.

        Raises:
            FileError: a file that decides is damaged.
        """
        # Before they are read: what is found out by them is not to be older than this says.
        states = files.state(self.decisions.path), files.state(self.candidates.path)
        judgement, flags = self.decisions.judgement(), self.candidates.flags()
        denylist = parse_denylist(files.read(self.data / "denylist.txt") or b"")
        targets, post_only = self.targets.values(), self.settings.post_only
        logged, claimed, too_long = self.log.index(), self.intents.used(), self.state.load().too_long
        inner = samples.inner_lines(self.queue.having(samples.BORDERS))
        basis = (post_only, *states)
        return Selection(
            targets, post_only, logged, claimed, judgement, flags, denylist, too_long, inner, basis
        )

    def choose(self, selection: Selection, name: str | None = None) -> Line | None:
        """Choose the line of this name, or the next in the policy's order, None where none may be drawn."""
        if name is not None:
            return named(selection, self.queue, self.log, name, anyway=self.anyway)
        return choose(selection, self.queue, self.log, self.settings.post_order, self.rng)

    def _run(self, *, settle_only: bool, name: str | None = None) -> Outcome:
        with files.lock(self.data, "post", wait=self.wait, holder="another posting run"):
            files.refuse_link(self.log.path)
            if mounts.is_mount_point(self.log.path):
                raise FileError(
                    f"{self.log.path} is mounted as a single file, which cannot be replaced safely",
                    "mount the folder, not the single file",
                )
            for folder in (self.data, self.state.folder, self.state.slots):
                files.sweep(folder)
            self.intents.sweep()
            with suppress(FileError):  # tweets.txt may be mounted alone; a post can go out all the same
                self.queue.recover()
            self.memory = self.state.load()
            self._restore_log()
            check_whole(self.log, self.memory)
            remember(self.log, self.memory)
            self._tidy()
            deliverer = Deliverer(self.targets, self.intents, self.memory, self.clock, self.say)
            try:
                self._recover(deliverer, settle_only or name is not None)
                chosen = None if settle_only else self._post_new(deliverer, name)
                self._prune()
            finally:
                self.state.save(self.memory)
            waiting = [one for intent in self.intents.open() for one in intent.open_deliveries().values()]
            look_at = min((one.until for one in waiting if one.state == "sending"), default=None)
            return Outcome(
                tuple(deliverer.posted),
                chosen.text if chosen else None,
                chosen.id if chosen else "",
                {name: one.state for name, one in chosen.deliveries.items()} if chosen else {},
                tuple(sorted(deliverer.failed)),
                tuple(map(deliverer.why_down, self._left_out(deliverer))) if chosen else (),
                look_at,
            )

    # The log.

    def _restore_log(self) -> None:
        """Put back into the log what done/ has and the log lacks."""
        if not self.log.path.exists():
            check_whole(self.log, self.memory)
        logged = self.log.index()
        lost = [post for post in self.intents.done_names() if not logged.has_ours(post)]
        for intent in filter(None, map(self.intents.find_done, lost)):
            self.log.append(log_entry(intent))
            self.say(
                f"{intent.id} was posted but missing in tweeted.json: put back"
                " (if you took it out on purpose: botus log accept, before the next run)",
                "warning",
                id=intent.id,
            )

    def _put_away(self, intent: Intent) -> None:
        """Leave an open intent to later runs; log one whose deliveries are all final."""
        if not intent.is_final:
            self.intents.release(intent)
            return
        earlier = self.log.find(intent.fingerprint)
        if earlier is None and intent.is_too_long and self._set_aside(intent):
            return
        if earlier is None or "id" not in earlier:
            self.log.append(log_entry(intent))
        elif earlier != (updated := log_entry(intent, earlier)):
            self.log.update(updated)
        remember(self.log, self.memory)
        self.intents.finish(intent)

    def _set_aside(self, intent: Intent) -> bool:
        """Put a line that nobody took for its length back into tweets.txt, where a person shortens it.

        The line is in the file, and what keeps it from being drawn on the disk, before the claim goes.
        """
        raw = intent.raw.encode("utf-8", "surrogateescape")
        try:
            if all(line.raw != raw for line in self.queue.lines()):
                self.queue.put_back(raw, None, sys.maxsize)
        except FileError as error:
            self.say(f"{error.message}: {intent.id} stays in the log only", "warning", id=intent.id)
            return False
        reasons = [f"{name}: {one.error}" for name, one in intent.deliveries.items() if one.too_long]
        self.memory.too_long[intent.fingerprint] = "; ".join(reasons)
        self.state.save(self.memory)
        self.intents.give_back(intent)
        self.say(f"{intent.id} is set aside as too long: shorten it in curate", "warning", id=intent.id)
        return True

    # What is open from earlier runs.

    def _recover(self, deliverer: Deliverer, settle_only: bool) -> None:
        def is_due(name: str, delivery: Delivery) -> bool:
            """What waits to be sent goes out one per target and run, never in a burst."""
            if not has_come(delivery.until, self.clock()):
                return False
            may_send = not settle_only and name not in deliverer.sent
            return delivery.state == "sending" or (may_send and deliverer.is_up(name))

        def has_work(intent: Intent) -> bool:
            if intent.owner or intent.is_final:
                return True
            return any(is_due(name, delivery) for name, delivery in intent.open_deliveries().items())

        def is_left(name: str, begun: float) -> bool:
            return is_gone(self.data, "post", name, begun, self.clock())

        for found in self.intents.open():
            begun = max([found.claimed / 1000, *(one.begun or 0.0 for one in found.deliveries.values())])
            if not is_left(found.owner, begun) or not has_work(found):
                continue
            intent = self.intents.take_over(found, self.clock(), is_left)
            if intent is None:
                continue
            if found.owner:  # a crash: perhaps before the line was taken out
                self._take_out(intent, intent.raw.encode("utf-8", "surrogateescape"))
            for name, delivery in intent.open_deliveries().items():
                if not is_due(name, delivery):
                    continue
                if delivery.state == "sending":
                    deliverer.settle(intent, name)
                else:
                    deliverer.send(intent, name)
            self._put_away(intent)

    # The new line.

    def _left_out(self, deliverer: Deliverer) -> list[str]:
        """The targets that were down before this run, of which it has said nothing."""
        return [name for name in self.targets if name not in deliverer.failed and not deliverer.is_up(name)]

    def _post_new(self, deliverer: Deliverer, wanted: str | None) -> Intent | None:
        up = [name for name in self.targets if deliverer.is_up(name)]
        if not up:
            said = "no target takes posts at the moment: nothing was taken from the queue"
            why = "; ".join(map(deliverer.why_down, self._left_out(deliverer)))
            self.say(f"{said}; {why}" if why else said, "warning")
            return None
        if set(up) <= deliverer.sent and wanted is None:
            return None  # an overdue post had this slot
        waiting = Counter(name for intent in self.intents.open() for name in intent.open_deliveries())
        names = [name for name in self.targets if name in up or waiting[name] < _OPEN_LIMIT]
        intent = self._claim(names, wanted)
        if intent is None:
            return None
        for name in up:
            deliverer.send(intent, name)
        self._put_away(intent)
        return intent

    def _claim(self, names: list[str], wanted: str | None) -> Intent | None:
        selection = self.selection()
        while line := self.choose(selection, wanted):
            assert line.text is not None
            raw = line.raw.decode("utf-8", "surrogateescape")
            deliveries = {name: Delivery() for name in names}
            claimed = int(self.clock() * 1000)
            intent = Intent(fingerprint(line.text), line.text.strip(), raw, claimed, deliveries=deliveries)
            intent.longer_id = self._longer_id(intent.fingerprint, selection.claimed)
            if self.intents.claim(intent):
                if not self._is_used_after_all(intent) and self._take_out(intent, line):
                    return intent
                self.intents.give_back(intent)
            selection.claimed.add(intent.fingerprint)
        self.say(f"nothing to post: {selection.why_none(self.queue)}", "warning")
        return None

    def _longer_id(self, post: str, claimed: set[str]) -> str:
        """The id of a post whose short one another post has already; empty where none has."""

        def is_taken(start: str) -> bool:
            alike = filter(lambda one: one.startswith(start), claimed)
            return any(one != post for one in chain(alike, self.log.index().beginning(start)))

        found = short_id(post, is_taken)
        return "" if found == short_id(post) else found

    def _is_used_after_all(self, intent: Intent) -> bool:
        """Look again, now that nobody else can claim it: another run may have finished it meanwhile."""
        if self.intents.find_done(intent.fingerprint) or intent.fingerprint in self.log.index():
            return True
        return self.decisions.verdicts().get(intent.fingerprint) in LEFT

    def _take_out(self, intent: Intent, line: Line | bytes) -> bool:
        """Take the line out of tweets.txt; False where a person took it out first."""
        try:
            return self.queue.remove(line)
        except FileError as error:
            self.say(f"{error.message}: {intent.id} stays in the file, but is not posted again", "warning")
            if len(self.memory.left) < _LEFT_KEPT:
                self.memory.left[intent.fingerprint] = intent.raw
            return True

    def _tidy(self) -> None:
        """Take out the used lines that an earlier run could not, once: who puts one back means it."""
        used = self.intents.used() if self.memory.left else set()
        for post, raw in list(self.memory.left.items()):
            if post in used or post in self.log.index():
                try:
                    self.queue.remove(raw.encode("utf-8", "surrogateescape"))
                except FileError:
                    return  # the reason is still there; the next run tries again
            del self.memory.left[post]

    def _prune(self) -> None:
        """Drop proofs that are old and that the log has too; a few a run, so that a run stays short."""
        names = self.intents.done_names()
        if len(names) <= _DONE_LOOKED_AT:
            return
        logged = self.log.index()
        for post in self.rng.sample(names, _DONE_LOOKED_AT):
            intent = self.intents.find_done(post)
            if intent and logged.has_ours(post) and intent.claimed / 1000 < self.clock() - _DONE_KEPT:
                self.intents.forget(post)
