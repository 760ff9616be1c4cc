"""Brings the delivery of a post to one target forward: sends it, or settles a lost answer, and records it.

The order is the promise: `sending` is on the disk before the first byte leaves, the outcome right after. A
lost answer is looked up; only where the platform proves that the post is not there is it sent again, with
the same key. What cannot be known stays `unknown` for good and waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from botus.log import Say
from botus.platforms.rows import confirms
from botus.posting.target import REQUEST_DEADLINE, Answer, Attempt, Ready, Target
from botus.store.durable import mounts, owner
from botus.store.intents import Intent, Intents
from botus.store.state import TargetState, TargetStates
from botus.text import span

_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0  # seconds before a failing target is asked again
_LONGEST_WAIT = 86400.0  # seconds; a later moment was written by a clock that was wrong
_BAD_IN_ROW = 3  # rejected, or not confirmed; more would burn the queue on a target that is gone


class Posted(NamedTuple):
    """A post that came out on a target: `id` is botus's, `url` its address there, where it is known."""

    target: str
    id: str
    url: str | None
    text: str


@dataclass
class Deliverer:
    """Sends what an intent has for each target.

    Attributes:
        targets: by name.
        intents: where outcomes are written.
        memory: what is remembered of each target; the caller saves it.
        clock: seconds since the epoch.
        say: writes a log line.
        are_answers: to people, about which nobody is asked afterwards.
        sent: targets that got a request with a post in this run.
        posted: every success.
        failed: targets that are stopped, or could not be reached or did not answer.
    """

    targets: Mapping[str, Target]
    intents: Intents
    memory: TargetStates
    clock: Callable[[], float]
    say: Say
    _: KW_ONLY
    are_answers: bool = False
    sent: set[str] = field(default_factory=set)
    posted: list[Posted] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    _ready: dict[str, Answer | Ready] = field(default_factory=dict)

    def is_up(self, name: str) -> bool:
        """Tell whether a target takes posts now: not stopped, not pausing, and it answers when asked."""
        target = self.targets.get(name)
        if target is None:
            return False
        known = self._known(name)
        if known.stopped or not has_come(known.until, self.clock()):
            return False
        if name not in self._ready:
            answer = self._ready[name] = target.ready()
            if isinstance(answer, Answer):
                self.pause(name, answer)
        return isinstance(self._ready[name], Ready)

    def why_down(self, name: str) -> str:
        """Say why a target takes no posts now, and when it is asked again or what has to be done."""
        known = self._known(name)
        if known.stopped:
            return has_stopped(self.targets[name], known.stopped)
        reason = f": {self.targets[name].explained(known.reason)}" if known.reason else ""
        return f"{name} is not asked for another {span(max(1.0, known.until - self.clock()))}{reason}"

    def send(self, intent: Intent, name: str, *, again: bool = False) -> None:
        """Send a post to one target, once, and record what came of it."""
        delivery, target = intent.deliveries[name], self.targets[name]
        if not again and (problem := target.problem(intent.text)):
            delivery.too_long = target.refused_for_length(intent.text, problem)
            self._end(intent, name, Answer("rejected", reason=problem))
            return
        delivery.key = delivery.key or target.new_key()
        ready = self._ready.get(name)
        if delivery.server_date is None and isinstance(ready, Ready):
            delivery.server_date, delivery.server = ready.server_date, ready.server
        delivery.base_url, delivery.account = target.base_url, target.account
        delivery.state, delivery.begun, delivery.until = "sending", self.clock(), 0.0
        delivery.tries += 1
        self.intents.save(intent)
        self.sent.add(name)
        answer = target.send(intent.text, delivery.key, again=again)
        if answer.state == "unknown":
            delivery.error = answer.reason
            if answer.until:
                self._wait(name, answer, self.clock())
            self._look(intent, name, may_resend=not again)
        elif answer.state == "later" and again:
            self._look_later(intent, name, answer)  # the lost attempt is still not settled
        else:
            self._record(intent, name, answer)

    def settle(self, intent: Intent, name: str) -> None:
        """Find out what became of a post whose answer was lost."""
        delivery, target = intent.deliveries[name], self.targets.get(name)
        if target and (target.base_url, target.account) == (delivery.base_url, delivery.account):
            self._look(intent, name, may_resend=True)
        else:
            reason = "its answer was lost, and the account is no longer in the settings"
            self._end(intent, name, Answer("unknown", reason=reason))

    def _look(self, intent: Intent, name: str, *, may_resend: bool) -> None:
        delivery = intent.deliveries[name]
        attempt = Attempt(delivery.key, delivery.begun or 0.0, delivery.server_date, delivery.server)
        answer = self.targets[name].find(intent.text, attempt)
        if answer.state == "absent" and may_resend and self.is_up(name):
            self.send(intent, name, again=True)
        elif answer.state in ("later", "absent"):
            self._look_later(intent, name, answer)
        else:
            lost = delivery.error if answer.state == "unknown" else None
            self._record(intent, name, replace(answer, reason=lost or answer.reason))

    def _look_later(self, intent: Intent, name: str, answer: Answer) -> None:
        """Leave a post `sending`: what became of it is looked up later, and not while the target pauses."""
        until, pause = self._until(answer, self.clock() + _FIRST_PAUSE), self._known(name).until
        intent.deliveries[name].until = until if has_come(pause, self.clock()) else max(until, pause)
        self.intents.save(intent)
        self.failed.add(name)
        delivery = intent.deliveries[name]
        wait = span(max(1.0, delivery.until - self.clock()))
        reason = delivery.error or answer.reason
        message = f"{self._called(name)}: no answer for {intent.id} yet ({reason}); looked for after {wait}"
        self.say(message, "warning", id=intent.id, target=name)

    def _record(self, intent: Intent, name: str, answer: Answer) -> None:
        delivery, known = intent.deliveries[name], self._known(name)
        if answer.state == "later":
            self.pause(name, answer)
            delivery.state, delivery.error, delivery.until = "pending", answer.reason, known.until
            # Nothing was sent under the old key.
            delivery.key, delivery.server_date, delivery.server = "", None, None
            self.intents.save(intent)
            return
        if answer.state == "rejected":
            delivery.too_long = self.targets[name].refused_for_length(intent.text, answer.reason)
        self._end(intent, name, answer)
        if answer.state == "posted":
            known.rejected = known.failures = known.lost = 0
            return
        if delivery.too_long:  # the line's fault; it is not lost, so no queue is burnt
            return
        if answer.state == "rejected":
            known.rejected += 1
            count, what = known.rejected, "rejected"
        else:
            known.lost += 1
            count, what = known.lost, "not confirmed"
        if count >= _BAD_IN_ROW:
            self._stop(name, f"{count} posts in a row were {what}, the last one: {answer.reason}")

    def _end(self, intent: Intent, name: str, answer: Answer) -> None:
        """Write down and say the final outcome of a delivery."""
        delivery = intent.deliveries[name]
        assert answer.state in ("posted", "rejected", "unknown")
        delivery.state, delivery.id, delivery.url = answer.state, answer.id, answer.url
        delivery.at, delivery.until, delivery.error = int(self.clock() * 1000), 0.0, answer.reason or None
        self.intents.save(intent)
        called = self._called(name)
        level, message = "warning", f"{called}: {intent.id} rejected: {delivery.error}"
        reason = (
            self.targets[name].explained(delivery.error or "") if name in self.targets else delivery.error
        )
        if delivery.state == "posted":
            self.posted.append(Posted(name, intent.id, delivery.url or None, intent.text))
            level, message = "info", f"{called}: posted {intent.id} {delivery.url or ''}".rstrip()
        elif delivery.state == "unknown":
            self.failed.add(name)
            message = f"{called}: {intent.id} was not confirmed: {reason}; it is not sent again"
            if confirms(name) and not self.are_answers:
                todo = f"look at the account, then: botus resolve {intent.id} --posted or --not-posted"
                level = "error"
                message = f"{name}: cannot tell whether {intent.id} was posted ({delivery.error}); {todo}"
        self.say(message, level, id=intent.id, target=name, state=delivery.state, url=delivery.url)

    def pause(self, name: str, answer: Answer) -> None:
        """Leave a target alone that could not be asked, for a time or until `doctor` finds it well."""
        known = self._known(name)
        known.failures += 1
        pause = min(_FIRST_PAUSE * 2 ** (known.failures - 1), _LONGEST_PAUSE)
        self.failed.add(name)
        if answer.needs_person:
            known.until = self._until(answer, self.clock() + pause)
            self._stop(name, answer.reason)
        else:
            self._wait(name, answer, self.clock() + pause)

    def _wait(self, name: str, answer: Answer, otherwise: float) -> None:
        """Do not ask a target before the platform's time, or a time of our own; say which."""
        known, now = self._known(name), self.clock()
        known.address = self.targets[name].base_url
        known.until, known.reason = self._until(answer, otherwise), answer.reason
        asked = (answer.until or 0.0) - now
        more = f" (the platform asks for {span(asked)})" if asked > _LONGEST_WAIT + 1 else ""
        self.say(
            f"{self._called(name)}: {self.targets[name].explained(answer.reason)}; trying again in"
            f" {span(known.until - now)}{more}",
            "warning",
            target=name,
        )

    def _stop(self, name: str, reason: str) -> None:
        known = self._known(name)
        known.stopped, known.address = reason, self.targets[name].base_url
        self.failed.add(name)
        said = f"{self._called(name)}: stopped: {self.targets[name].explained(reason)}"
        self.say(f"{said}; fix it, then run: botus doctor", "error", target=name)

    def _called(self, name: str) -> str:
        return f"answers on {name}" if self.are_answers else name

    def _until(self, answer: Answer, otherwise: float) -> float:
        return min(answer.until or otherwise, self.clock() + _LONGEST_WAIT)

    def _known(self, name: str) -> TargetState:
        target = self.targets[name]
        return self.memory.target(name, target.account, target.base_url)


def has_stopped(target: Target, reason: str) -> str:
    """Say that a target has stopped and why, and what to do."""
    return f"{target.name} has stopped: {target.explained(reason)}; fix it, then run: botus doctor"


def is_gone(data: Path, lock: str, name: str, begun: float, now: float) -> bool:
    """Tell whether an owner is no longer at work on what it began.

    Args:
        lock: the lock under which it works; whoever asks holds it.
        name: of the owner, as the intent has it; "" for nobody.
        begun, now: seconds since the epoch.
    """
    alive = owner.is_alive(name) if name else False
    if alive is None and not mounts.lock_excludes(data, lock):
        return now - begun > REQUEST_DEADLINE + 60
    return not alive


def has_come(moment: float, now: float) -> bool:
    """Tell whether a moment has come until which something waits; both in seconds since the epoch.

    Nothing waits for more than a day: a clock that was years ahead must not silence a bot for years.
    """
    return not now < moment <= now + _LONGEST_WAIT
