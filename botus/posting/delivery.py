"""Brings one target's part of an intent forward: send it, or settle a lost answer, and record the outcome.

The order is the promise: `sending` is on the disk before the first byte leaves, the outcome right after. A
lost answer is looked up; only where the platform proves that the post is not there is it sent again, with
the same key, and at once where the platform can be asked at once. What cannot be known stays `unknown` for
good and waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from botus.posting.targets.target import UNCONFIRMED, Answer, Attempt, Ready, Target
from botus.store.intents import Intent, Intents, Part
from botus.store.state import Memory

Say = Callable[..., None]
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0  # seconds before a failing target is asked again
_REJECTED_IN_ROW = 3
_LONGEST_WAIT = 86400.0  # seconds; a later moment was written by a clock that was wrong
_LOST_IN_ROW = 3  # more would burn the queue on a target that is gone


@dataclass
class Delivery:
    """Sends parts of intents.

    Attributes:
        targets: by name.
        intents: where outcomes are written.
        memory: what is remembered of each target; the caller saves it.
        clock: seconds since the epoch.
        say: writes a log line.
        sent: targets that got a request with a post in this run.
    """

    targets: Mapping[str, Target]
    intents: Intents
    memory: Memory
    clock: Callable[[], float]
    say: Say
    sent: set[str] = field(default_factory=set)
    _ready: dict[str, Answer | Ready] = field(default_factory=dict)

    def is_up(self, name: str) -> bool:
        """Tell whether a target takes posts now: not stopped, not pausing, and it answers when asked."""
        target = self.targets.get(name)
        if target is None:
            return False
        known = self.memory.target(name, target.account)
        if known.stopped or not has_come(known.until, self.clock()):
            return False
        if name not in self._ready:
            answer = self._ready[name] = target.ready()
            if isinstance(answer, Answer):
                self._pause(name, answer)
        return isinstance(self._ready[name], Ready)

    def send(self, intent: Intent, name: str, *, again: bool = False) -> None:
        """Send one part, once, and record what came of it."""
        part, target = intent.parts[name], self.targets[name]
        if not again and (problem := target.problem(intent.text)):
            self._end(intent, name, Answer("rejected", reason=problem))
            return
        self._mark_sending(part, target, name)
        self.intents.save(intent)
        self.sent.add(name)
        answer = target.send(intent.text, part.key, again=again)
        if answer.state == "unknown":
            part.error = answer.reason
            self._look(intent, name, may_resend=not again)
        elif answer.state == "rejected":
            self._count_rejection(name, answer)
            self._end(intent, name, answer)
        elif answer.state == "later" and again:
            self._wait_for_look(intent, name, answer)  # the lost attempt is still not settled
        else:
            self._take(intent, name, answer)

    def settle(self, intent: Intent, name: str) -> None:
        """Find out what became of a part whose answer was lost."""
        part, target = intent.parts[name], self.targets.get(name)
        if not has_come(part.until, self.clock()):
            return
        if target is None or (target.base_url, target.account) != (part.base_url, part.account):
            reason = "its answer was lost, and the account is no longer in the settings"
            self._end(intent, name, Answer("unknown", reason=reason))
            return
        self._look(intent, name, may_resend=True)

    def _look(self, intent: Intent, name: str, *, may_resend: bool) -> None:
        part, target = intent.parts[name], self.targets[name]
        attempt = Attempt(part.key, part.begun or 0.0, part.server_date, part.server)
        answer = target.find(intent.text, attempt)
        if answer.state == "absent" and may_resend and self.is_up(name):
            self.send(intent, name, again=True)
        elif answer.state in ("later", "absent"):
            self._wait_for_look(intent, name, answer)
        else:
            lost = part.error if answer.state == "unknown" else None
            self._take(intent, name, Answer(answer.state, answer.id, answer.url, lost or answer.reason))

    def _wait_for_look(self, intent: Intent, name: str, answer: Answer) -> None:
        """Leave a part `sending`: what became of it is looked up later."""
        part = intent.parts[name]
        part.until = self._until(answer, _FIRST_PAUSE)
        self.intents.save(intent)
        self.say(
            f"{name}: no answer for {intent.id} yet; looking for it later",
            "warning",
            id=intent.id,
            target=name,
        )

    def _mark_sending(self, part: Part, target: Target, name: str) -> None:
        ready = self._ready.get(name)
        if not part.key:
            part.key = target.new_key()
        if part.server_date is None and isinstance(ready, Ready):
            part.server_date, part.server = ready.server_date, ready.server
        part.base_url, part.account = target.base_url, target.account
        part.state, part.begun, part.until = "sending", self.clock(), 0.0
        part.tries += 1

    def _take(self, intent: Intent, name: str, answer: Answer) -> None:
        if answer.state == "later":
            part = intent.parts[name]
            self._pause(name, answer)
            part.state, part.error = "pending", answer.reason
            part.key, part.server_date, part.server = "", None, None  # nothing was sent under the old key
            part.until = self.memory.target(name, part.account).until
            self.intents.save(intent)
        else:
            if answer.state == "posted":
                known = self.memory.target(name, intent.parts[name].account)
                known.rejected = known.failures = known.lost = 0
            self._end(intent, name, answer)
            if answer.state == "unknown":
                self._count_loss(name, answer)

    def _end(self, intent: Intent, name: str, answer: Answer) -> None:
        part = intent.parts[name]
        assert answer.state in ("posted", "rejected", "unknown")
        part.state, part.id, part.url = answer.state, answer.id, answer.url
        part.at, part.until = int(self.clock() * 1000), 0.0
        part.error = answer.reason or None
        self.intents.save(intent)
        self._tell(intent, name, part)

    def _tell(self, intent: Intent, name: str, part: Part) -> None:
        fields = {"id": intent.id, "target": name, "state": part.state, "url": part.url}
        if part.state == "posted":
            self.say(f"{name}: posted {intent.id} {part.url or ''}".rstrip(), **fields)
        elif part.state == "rejected":
            self.say(f"{name}: {intent.id} rejected: {part.error}", "warning", **fields)
        elif name.startswith(UNCONFIRMED):
            self.say(
                f"{name}: {intent.id} was not confirmed ({part.error}); it is not sent again",
                "warning",
                **fields,
            )
        else:
            todo = f"look at the account, then: botus resolve {intent.id} --posted or --not-posted"
            self.say(
                f"{name}: cannot tell whether {intent.id} was posted ({part.error}); {todo}",
                "error",
                **fields,
            )

    def _pause(self, name: str, answer: Answer) -> None:
        known = self.memory.target(name, self.targets[name].account)
        known.failures += 1
        pause = min(_FIRST_PAUSE * 2 ** (known.failures - 1), _LONGEST_PAUSE)
        known.until = self._until(answer, pause)
        if answer.needs_person:
            self._stop(name, answer.reason)
        else:
            self.say(f"{name}: {answer.reason}; trying again later", "warning", target=name)

    def _until(self, answer: Answer, pause: float) -> float:
        now = self.clock()
        return min(answer.until or now + pause, now + _LONGEST_WAIT)

    def _count_rejection(self, name: str, answer: Answer) -> None:
        known = self.memory.target(name, self.targets[name].account)
        known.rejected += 1
        if known.rejected >= _REJECTED_IN_ROW:
            self._stop(name, f"{known.rejected} posts in a row were rejected, the last one: {answer.reason}")

    def _count_loss(self, name: str, answer: Answer) -> None:
        known = self.memory.target(name, self.targets[name].account)
        known.lost += 1
        if known.lost >= _LOST_IN_ROW:
            self._stop(name, f"{known.lost} posts in a row were not confirmed, the last one: {answer.reason}")

    def _stop(self, name: str, reason: str) -> None:
        self.memory.target(name, self.targets[name].account).stopped = reason
        todo = "mend it, then run: botus doctor"
        self.say(f"{name}: stopped: {reason}; {todo}", "error", target=name)


def has_come(moment: float, now: float) -> bool:
    """Tell whether a moment has come until which something waits; both in seconds since the epoch.

    Nothing waits for more than a day: a clock that was years ahead must not silence a bot for years.
    """
    return not now < moment <= now + _LONGEST_WAIT
