"""One posting run: recover what is open, choose a line, claim it, send it, write it into the log.

The promise: botus never knowingly sends a line twice, and never loses one. Used is what the log, the intents
or done/ have; taking the line out of tweets.txt is tidying. The one surprise: the run looks at done/ and the
log again after the claim, because two runs whose locks do not exclude may have chosen the same line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from botus.errors import FileError
from botus.posting.delivery import Delivery, Say, has_come
from botus.posting.log_repair import check_whole
from botus.posting.selection import Eligibility
from botus.posting.targets.target import REQUEST_DEADLINE, Target
from botus.screening import screen
from botus.settings import PostOnly, PostOrder
from botus.store.candidates import Candidates
from botus.store.decisions import Decisions, Judgement
from botus.store.durable import files, mounts, owner
from botus.store.durable.lines import Line
from botus.store.intents import Intent, Intents, Part
from botus.store.queue import Queue
from botus.store.state import State
from botus.store.tweeted import Entry, Log
from botus.text import fingerprint, short_id

_OPEN_LIMIT = 20  # lines that wait for a target that is down
_DONE_KEPT = 30 * 86400  # seconds; older proofs go once the log has them
_DONE_LOOKED_AT = 50


@dataclass(frozen=True)
class Policy:
    """Which lines go out, and in which order."""

    post_only: PostOnly = "any"
    post_order: PostOrder = "random"


@dataclass(frozen=True)
class Outcome:
    """What a posting run did.

    Attributes:
        posted: (target, id of the post, address) of every success.
        chosen: the new post that was claimed, None where none was.
        failed: targets that are stopped, or could not be reached or did not answer.
        look_at: when a lost answer can be looked up; seconds since the epoch.
    """

    posted: tuple[tuple[str, str, str | None], ...] = ()
    chosen: str | None = None
    failed: tuple[str, ...] = ()
    look_at: float | None = None


class PostingRun:
    """The collaborators of one posting run on one data directory.

    Args:
        data: the data directory.
        targets: where to post, by name; empty for looking only.
        policy: which lines go out.
        rng: chooses the line.
        clock: seconds since the epoch.
        say: writes a log line: `say(message, level, **fields)`.
        wait: seconds to wait for another posting run to end.
    """

    def __init__(
        self,
        data: Path,
        targets: Mapping[str, Target],
        policy: Policy,
        *,
        rng: Random,
        clock: Callable[[], float],
        say: Say,
        wait: float = 0.0,
    ) -> None:
        self.wait = wait
        self.data, self.targets, self.policy = data, targets, policy
        self.rng, self.clock, self.say = rng, clock, say
        self.queue, self.log, self.state = Queue(data), Log(data), State(data)
        self.intents, self.decisions = Intents(data), Decisions(data)

    def post(self) -> Outcome:
        """Recover, then post one new line to every target that takes it.

        Raises:
            BusyError: another posting run is at work.
            FileError: a file is damaged or cannot be written; nothing was sent after that.
        """
        return self._run(self._post_new)

    def settle(self) -> Outcome:
        """Only find out what became of posts whose answer was lost."""
        return self._run(None)

    def eligibility(
        self, flags: dict[str, tuple[str, ...]] | None = None, judgement: Judgement | None = None
    ) -> Eligibility:
        """What decides which lines may be drawn now.

        Args:
            flags, judgement: those of candidates and decisions, from whoever has read them already.

        Raises:
            FileError: a file that decides is damaged.
        """
        denylist = screen.parse_denylist(files.read(self.data / "denylist.txt") or b"")
        verdicts, origins = judgement or self.decisions.judgement()
        flags = Candidates(self.data).flags() if flags is None else flags
        flags.update({new: flags[old] for new, old in origins.items() if old in flags and new not in flags})
        return Eligibility(
            used=self.log.used().keys() | self.intents.used(),
            verdicts=verdicts,
            flags=flags,
            door=lambda text: screen.door(text, denylist),
            problems=[target.problem for target in self.targets.values()],
            post_only=self.policy.post_only,
        )

    def choose(self, eligibility: Eligibility) -> Line | None:
        """Choose the next line in the policy's order, None where none may be drawn."""
        if self.policy.post_order == "file":
            return self.queue.first(eligibility.is_eligible)
        if self.policy.post_order == "spaced":
            return self._choose_spaced(eligibility)
        return self.queue.draw(self.rng, eligibility.is_eligible)

    def _run(self, then: Callable[[Delivery], str | None] | None) -> Outcome:
        with files.lock(self.data, "post", wait=self.wait, holder="another posting run"):
            self._check_log_can_be_written()
            for folder in (self.data, self.state.folder, self.state.slots):
                files.sweep(folder)
            self.intents.sweep()
            with suppress(FileError):  # tweets.txt may be mounted alone; a post can go out all the same
                self.queue.recover()
            self.memory = self.state.load()
            self._restore_log()
            check_whole(self.log, self.memory)
            self._remember_log()
            delivery = Delivery(self.targets, self.intents, self.memory, self.clock, self._remember)
            self._posted: list[tuple[str, str, str | None]] = []
            self._failed: set[str] = set()
            try:
                self._recover(delivery, settle_only=then is None)
                chosen = then(delivery) if then else None
                self._prune()
            finally:
                self.state.save(self.memory)
            return Outcome(tuple(self._posted), chosen, tuple(sorted(self._failed)), self._next_look())

    def _remember(self, message: str, level: str = "info", **fields: object) -> None:
        """Pass a log line on, and keep what the outcome needs."""
        self.say(message, level, **fields)
        if fields.get("state") == "posted":
            url = fields.get("url")
            self._posted.append((str(fields["target"]), str(fields["id"]), str(url) if url else None))
        elif "target" in fields and fields.get("state") != "rejected":
            self._failed.add(str(fields["target"]))

    # The log.

    def _check_log_can_be_written(self) -> None:
        files.refuse_link(self.log.path)
        if mounts.is_mount_point(self.log.path):
            raise FileError(
                f"{self.log.path} is mounted as a single file, which cannot be replaced safely",
                "mount the folder, not the single file",
            )

    def _restore_log(self) -> None:
        """Put back into the log what done/ has and the log lacks."""
        if not self.log.path.exists():
            check_whole(self.log, self.memory)
        logged = {entry.get("id") for entry in self.log.entries()}
        lost = [mark for mark in self.intents.done_names() if short_id(mark) not in logged]
        for intent in filter(None, map(self.intents.find_done, lost)):
            self.log.append(log_entry(intent))
            self.say(
                f"{intent.id} was posted but missing in tweeted.json: put back"
                " (if you took it out on purpose: botus log accept, before the next run)",
                "warning",
                id=intent.id,
            )

    def _remember_log(self) -> None:
        entries = self.log.entries()
        self.memory.log_count = len(entries)
        self.memory.last_id = next((entry["id"] for entry in reversed(entries) if "id" in entry), None)

    def _log(self, intent: Intent) -> None:
        earlier = next((one for one in self.log.entries() if one.get("id") == intent.id), None)
        if earlier is None:
            self.log.append(log_entry(intent))
        elif earlier != (updated := log_entry(intent, earlier)):
            self.log.update(updated)
        self._remember_log()

    def _finish(self, intent: Intent) -> None:
        """Write a post whose targets all have their last word into the log, and put the intent away."""
        self._log(intent)
        self.intents.finish(intent)

    # What is open from earlier runs.

    def _recover(self, delivery: Delivery, *, settle_only: bool) -> None:
        for found in self.intents.open():
            if not self._is_free(found) or not self._has_work(found, delivery, settle_only):
                continue
            intent = self.intents.take_over(found, self.clock(), self._is_gone)
            if intent is None:
                continue
            if found.owner:  # a crash: perhaps before the line was taken out
                self._take_out(intent, intent.raw.encode("utf-8", "surrogateescape"))
            for name, part in intent.open_parts().items():
                if part.state == "sending":
                    delivery.settle(intent, name)
                elif not settle_only and self._is_due(name, part, delivery):
                    delivery.send(intent, name)
            self._put_away(intent)

    def _has_work(self, intent: Intent, delivery: Delivery, settle_only: bool) -> bool:
        if intent.owner or intent.is_final:
            return True
        return any(
            has_come(part.until, self.clock())
            if part.state == "sending"
            else not settle_only and self._is_due(name, part, delivery)
            for name, part in intent.open_parts().items()
        )

    def _is_free(self, intent: Intent) -> bool:
        """Tell whether nobody else is at work on an intent."""
        begun = max([intent.claimed / 1000, *(part.begun or 0.0 for part in intent.parts.values())])
        return self._is_gone(intent.owner, begun)

    def _is_gone(self, name: str, begun: float) -> bool:
        """Tell whether an owner is no longer at work on what it began then."""
        alive = owner.is_alive(name) if name else False
        if alive is None and not mounts.lock_excludes(self.data):
            return self.clock() - begun > REQUEST_DEADLINE + 60
        return not alive

    def _is_due(self, name: str, part: Part, delivery: Delivery) -> bool:
        """Tell whether a waiting part goes out now: one per target and run, never a burst."""
        return has_come(part.until, self.clock()) and name not in delivery.sent and delivery.is_up(name)

    def _put_away(self, intent: Intent) -> None:
        if intent.is_final:
            self._finish(intent)
        else:
            self.intents.release(intent)

    # The new line.

    def _post_new(self, delivery: Delivery) -> str | None:
        up = [name for name in self.targets if delivery.is_up(name)]
        if not up:
            self.say("no target takes posts at the moment: nothing was taken from the queue", "warning")
            return None
        if set(up) <= delivery.sent:
            return None  # an overdue post had this slot
        intent = self._claim([name for name in self.targets if name in up or self._has_room(name)])
        if intent is None:
            return None
        for name in up:
            delivery.send(intent, name)
        self._put_away(intent)
        return intent.text

    def _has_room(self, name: str) -> bool:
        """Tell whether a target that is down still collects new lines."""
        return sum(name in intent.open_parts() for intent in self.intents.open()) < _OPEN_LIMIT

    def _claim(self, names: list[str]) -> Intent | None:
        eligibility = self.eligibility()
        while line := self.choose(eligibility):
            assert line.text is not None
            intent = self._intent(line, names)
            if self.intents.claim(intent):
                if not self._is_used_after_all(intent) and self._take_out(intent, line):
                    return intent
                self.intents.give_back(intent)
            eligibility.extra_used.add(intent.fingerprint)
        self.say("nothing to post: no line of tweets.txt may go out (see: botus status)", "warning")
        return None

    def _intent(self, line: Line, names: list[str]) -> Intent:
        assert line.text is not None
        raw = line.raw.decode("utf-8", "surrogateescape")
        parts = {name: Part() for name in names}
        text = line.text.strip()
        return Intent(fingerprint(line.text), text, raw, int(self.clock() * 1000), parts=parts)

    def _is_used_after_all(self, intent: Intent) -> bool:
        """Look again, now that nobody else can claim it: another run may have finished it meanwhile."""
        if self.intents.find_done(intent.fingerprint) or intent.fingerprint in self.log.used():
            return True
        return self.decisions.verdicts().get(intent.fingerprint) in ("drop", "edited")

    def _take_out(self, intent: Intent, line: Line | bytes) -> bool:
        """Take the line out of tweets.txt; False where a person took it out first."""
        try:
            return self.queue.remove(line)
        except FileError as error:
            self.say(f"{error.message}: {intent.id} stays in the file, but is not posted again", "warning")
            return True

    def _choose_spaced(self, eligibility: Eligibility) -> Line | None:
        """Draw a starred line as often as there are stars, evenly, and the others in between."""

        def is_star(line: Line) -> bool:
            return eligibility.verdicts.get(fingerprint(line.text or "")) == "star"

        lines = [line for line in self.queue.lines() if eligibility.is_eligible(line)]
        stars = [line for line in lines if is_star(line)]
        others = [line for line in lines if not is_star(line)]
        since = 0
        for entry in reversed(self.log.entries()):
            if eligibility.verdicts.get(fingerprint(entry["text"])) == "star":
                break
            since += 1
        wants_star = bool(stars) and (not others or since >= len(others) // len(stars))
        pool = stars if wants_star else others
        return self.rng.choice(pool) if pool else None

    # Afterwards.

    def _next_look(self) -> float | None:
        parts = [part for intent in self.intents.open() for part in intent.open_parts().values()]
        return min((part.until for part in parts if part.state == "sending"), default=None)

    def _prune(self) -> None:
        """Drop proofs that are old and that the log has too; a few a run, so that a run stays short."""
        names = self.intents.done_names()
        if len(names) <= _DONE_LOOKED_AT:
            return
        logged = {entry.get("id") for entry in self.log.entries()}
        for mark in self.rng.sample(names, _DONE_LOOKED_AT):
            intent = self.intents.find_done(mark)
            if intent and intent.id in logged and intent.claimed / 1000 < self.clock() - _DONE_KEPT:
                self.intents.forget(mark)


def log_entry(intent: Intent, earlier: Entry | None = None) -> Entry:
    """Make the log's entry of a finished intent.

    Args:
        intent: whose targets all have their last word.
        earlier: the entry that the log has of the same post, whose other targets are kept.
    """
    at = [part.at for part in intent.parts.values() if part.state == "posted" and part.at]
    targets = dict(earlier["targets"]) if earlier else {}
    targets.update({name: part.outcome() for name, part in intent.parts.items()})
    stamp = earlier["timestamp"] if earlier else min(at, default=intent.claimed)
    return {"text": intent.text, "timestamp": stamp, "id": intent.id, "targets": targets}
