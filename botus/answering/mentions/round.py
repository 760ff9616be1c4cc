"""One round of answering: settle what is open, look who has mentioned the bot, answer who is to be answered.

The promise is that of posting, with the mention in the place of the line: an answer is claimed by a link that
is named after the mention, is on the disk as `sending` before it leaves, and with its outcome right after; a
lost one is looked for. How far mentions were read is written down when each of them is claimed or refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import KW_ONLY, dataclass, field
from random import Random
from typing import Protocol

from botus.answering.mentions import guards
from botus.answering.mentions.seen import Inbox, Seen, Thread
from botus.answering.mentions.stopped import Stopped
from botus.log import Say
from botus.posting.delivery import Deliverer, has_come, is_gone
from botus.posting.target import Answer, Target
from botus.screening.denylist import Denylist, parse_denylist
from botus.screening.rules import RULES, Rules, precheck
from botus.settings import Settings
from botus.store.durable import files
from botus.store.intents import Delivery, Intent, Intents, Mention
from botus.store.log.answered import Answered, Given
from botus.store.log.index import Entry
from botus.store.state import AnsweringStates
from botus.text import fingerprint, short_id

PART, LOCK = "answers", "answer"  # the folder of its intents, and what one process at a time holds
_LOOKS = 10  # threads that are looked at in a round, besides those of answers: posts need requests too
_JUDGED = 2000  # mentions that are remembered in memory, so that what was refused is not looked at again
_LONGEST_WARNING = 100  # characters
_DONE_KEPT = 30 * 86400  # seconds; older proofs go once the log has them
_DONE_LOOKED_AT = 20
_PUT_BACK = 100  # entries in a round


class Choice(Protocol):
    """Where lines come from."""

    def choose(self, question: str, said: set[str], rng: Random, fits: Callable[[str], bool]) -> str | None:
        """Choose a line, none of the fingerprints in `said`, that fits; None where there is none."""
        ...


@dataclass
class Round:
    """Rounds of answering on one data directory, and what they work with.

    Attributes:
        inboxes: the accounts that people mention, by the target's name.
        rng: chooses the line.
        clock: seconds since the epoch.
    """

    settings: Settings
    inboxes: Mapping[str, Inbox]
    pool: Choice
    _: KW_ONLY
    rng: Random
    clock: Callable[[], float]
    say: Say
    _looks: int = 0
    _judged: deque[str] = field(default_factory=lambda: deque(maxlen=_JUDGED))

    def __post_init__(self) -> None:
        data = self.settings.data
        self.intents, self.answered = Intents(data, PART), Answered(data)
        self.stopped, self._states = Stopped(data), AnsweringStates(data)

    def run(self) -> None:
        """Answer what there is to answer.

        Raises:
            BusyError: another process is at it.
            FileError: a file is damaged or cannot be written; nothing was sent after that.
        """
        data = self.settings.data
        with files.lock(data, LOCK, holder="another botus run"):
            for folder in (data, self._states.path.parent):
                files.sweep(folder)
            self.intents.sweep()
            self.memory = self._states.load()
            self._restore_log()  # damage stops it before anybody is asked
            try:
                for name, inbox in self.inboxes.items():
                    waiting = self._waiting(name)
                    self._settle(name, inbox)
                    self._look(name, inbox)
                    self._settle(name, inbox, waiting)  # by now it is known who has said stop
                self._prune()
            finally:
                self._states.save(self.memory)

    def _restore_log(self) -> None:
        """Put back into the log what done/ has and the log lacks; some a round."""
        logged = self.answered.ids()
        lost = [post for post in self.intents.done_names() if short_id(post) not in logged]
        for intent in filter(None, map(self.intents.find_done, lost[:_PUT_BACK])):
            self.answered.append(_entry(intent))

    # What is open from earlier rounds.

    def _waiting(self, name: str) -> set[str]:
        found = {one.fingerprint: one.deliveries.get(name) for one in self.intents.open()}
        return {post for post, delivery in found.items() if delivery and delivery.state == "pending"}

    def _settle(self, name: str, inbox: Inbox, waiting: Collection[str] | None = None) -> None:
        """Finish what was left: answers that got lost, or of those that have not left yet these."""

        def is_left(owner: str, begun: float) -> bool:
            return is_gone(self.settings.data, LOCK, owner, begun, self.clock())

        for found in self.intents.open():
            delivery = found.deliveries.get(name)
            if delivery is None or found.mention is None:
                continue
            if delivery.state == "pending" if waiting is None else found.fingerprint not in waiting:
                continue
            begun = max(found.claimed / 1000, delivery.begun or 0.0)
            is_due = has_come(delivery.until, self.clock()) or found.is_final
            if not is_due or not is_left(found.owner, begun):
                continue
            intent = self.intents.take_over(found, self.clock(), is_left)
            if intent is None or intent.mention is None:
                continue
            deliverer = self._deliverer(name, inbox.reply(intent.mention))
            delivery = intent.deliveries[name]
            if delivery.state == "sending":
                deliverer.settle(intent, name)
            elif delivery.state == "pending":
                reason = self._second_thoughts(name, inbox, intent)
                if not reason and deliverer.is_up(name):
                    thread = inbox.thread(intent.mention)
                    if isinstance(thread, Answer):
                        deliverer.pause(name, thread)
                    elif not (reason := thread.unfit):
                        deliverer.send(intent, name)
                if reason:
                    delivery.state, delivery.error = "rejected", reason
                    self.say(
                        f"{name}: {intent.mention.handle} gets no answer after all: {reason}", target=name
                    )
            self._put_away(intent)

    def _second_thoughts(self, name: str, inbox: Inbox, intent: Intent) -> str:
        """Say why an answer that has not left yet is not given after all; "" where it is."""
        assert intent.mention
        if abs(self.clock() - intent.claimed / 1000) > guards.DAY:
            return "it could not be sent for a day"
        if self.stopped.has(name, intent.mention):
            return guards.STOPPED
        if _key(name, inbox.target, intent.mention.post) != intent.fingerprint:
            return "the account is on another server now"
        return "its line is held back now" if precheck(intent.raw, self._denylist()) else ""

    # What is new.

    def _look(self, name: str, inbox: Inbox) -> None:
        target = inbox.target
        known = self.memory.target(name, target.account, target.base_url)
        key = f"{name} {target.account}"
        if known.stopped or not has_come(known.until, self.clock()):
            return
        read = self.memory.read.get(key)
        found = inbox.look(read)
        if isinstance(found, Answer):
            self._deliverer(name, target).pause(name, found)
            return
        now = found.now or self.clock()
        used = self.intents.used()
        self._looks = _LOOKS + self.settings.answers_per_hour
        keyed = [(_key(name, target, one.mention.post), one) for one in found.mentions]
        new = [
            (post, seen)
            for post, seen in keyed
            if post not in used
            and post not in self._judged
            and not self.answered.has(seen.mention.post, [name])
        ]
        for _, seen in new:  # before anybody is answered: a stop counts for what was said before it, too
            if seen.is_stop and not seen.unfit:
                self.stopped.add(name, seen.mention.person, seen.mention.handle)
        for post, seen in new:
            if post in self._judged:
                continue
            if not self._consider(name, inbox, seen, post, now, is_first=read is None):
                return  # from the same place in the next round
            self._judged.append(post)
        self.memory.read[key] = found.read
        if not self.intents.open():  # else it may be a request with an answer that fails
            known.failures = 0

    def _consider(
        self, name: str, inbox: Inbox, seen: Seen, post: str, now: float, *, is_first: bool
    ) -> bool:
        """Answer a mention, or refuse to; False where neither could be done yet."""
        mention, given = seen.mention, self._given()
        if seen.is_stop and not seen.unfit:
            self.say(f"{name}: {mention.handle} has asked for no more answers", target=name)
            return True
        stopped, per_hour = self.stopped.has(name, mention), self.settings.answers_per_hour
        if reason := guards.against(seen, given, stopped, per_hour, now, is_first=is_first):
            return self._refuse(name, seen, reason)
        self._looks -= 1
        if self._looks < 0:
            return False
        thread = inbox.thread(mention)
        if isinstance(thread, Answer):
            self._deliverer(name, inbox.target).pause(name, thread)
            return False
        if reason := guards.against_thread(thread, given) or self._warning_problem(thread.mention):
            return self._refuse(name, seen, reason)
        target = inbox.reply(thread.mention)
        deliverer = self._deliverer(name, target)
        if not deliverer.is_up(name):
            return False
        line = self._line(inbox, target, seen, thread, given, now)
        if line is None:
            return self._refuse(name, seen, "no line of answers.txt is left that could be said here")
        text = inbox.wording(thread.mention, line)
        intent = Intent(
            post, text, line, int(now * 1000), deliveries={name: Delivery()}, mention=thread.mention
        )
        if not self.intents.claim(intent):
            return True
        if self._is_used_after_all(name, intent):
            self.intents.give_back(intent)
            return True
        deliverer.send(intent, name)
        self._put_away(intent)
        return True

    def _warning_problem(self, mention: Mention) -> str:
        """Say why a content warning is not repeated: it is the only thing that others can make a bot say."""
        if len(mention.warning) > _LONGEST_WARNING:
            return "its content warning is too long to be repeated"
        held = precheck(mention.warning, self._denylist()) or RULES["links"](mention.warning, Rules())
        return "its content warning is nothing to repeat" if held else ""

    def _denylist(self) -> Denylist:
        return parse_denylist(files.read(self.settings.data / "denylist.txt") or b"")

    def _line(
        self, inbox: Inbox, target: Target, seen: Seen, thread: Thread, given: list[Given], now: float
    ) -> str | None:
        """Choose what to say; nothing twice in a conversation, nor to one person within a day."""
        mention = thread.mention
        said = {
            fingerprint(one.line)
            for one in given
            if one.thread == mention.thread or (one.person == mention.person and now - one.at < guards.DAY)
        }

        def fits(line: str) -> bool:
            return target.problem(inbox.wording(mention, line)) is None

        return self.pool.choose(seen.words, said, self.rng, fits)

    def _given(self) -> list[Given]:
        """The answers that were given, or are being given; those of all platforms count for the hour."""
        waiting = (
            Given(
                target, one.mention.post, one.mention.person, one.mention.thread, one.claimed / 1000, one.raw
            )
            for one in self.intents.open()
            if one.mention
            for target in one.deliveries
        )
        return [*self.answered.given(), *waiting]

    def _is_used_after_all(self, name: str, intent: Intent) -> bool:
        """Look again, now that nobody else can claim it: another may have finished it meanwhile."""
        assert intent.mention
        is_done = self.intents.find_done(intent.fingerprint) is not None
        return is_done or self.answered.has(intent.mention.post, [name])

    def _refuse(self, name: str, seen: Seen, reason: str) -> bool:
        self.say(f"{name}: {seen.mention.handle} gets no answer: {reason}", target=name)
        return True

    # What becomes of it.

    def _deliverer(self, name: str, target: Target) -> Deliverer:
        return Deliverer({name: target}, self.intents, self.memory, self.clock, self.say, are_answers=True)

    def _put_away(self, intent: Intent) -> None:
        """Leave an open answer to later rounds; log one that has its last word."""
        if not intent.is_final:
            self.intents.release(intent)
            return
        self.answered.append(_entry(intent))
        self.intents.finish(intent)

    def _prune(self) -> None:
        """Drop proofs that are old and that the log has too; a few a round."""
        names = self.intents.done_names()
        if len(names) <= _DONE_LOOKED_AT:
            return
        for post in self.rng.sample(names, _DONE_LOOKED_AT):
            intent = self.intents.find_done(post)
            is_old = intent and intent.claimed / 1000 < self.clock() - _DONE_KEPT
            if (
                intent
                and intent.mention
                and is_old
                and self.answered.has(intent.mention.post, intent.deliveries)
            ):
                self.intents.forget(post)


def _key(name: str, target: Target, post: str) -> str:
    """Name a mention: on Mastodon the same number is another post on another server."""
    return fingerprint(f"{name} {target.base_url} {post}")


def _entry(intent: Intent) -> Entry:
    """Make the log's entry of a finished answer."""
    assert intent.mention
    mention = intent.mention
    return {
        "text": intent.raw,
        "timestamp": intent.claimed,
        "id": intent.id,
        "targets": {name: one.outcome() for name, one in intent.deliveries.items()},
        "to": mention.handle,
        "person": mention.person,
        "post": mention.post,
        "thread": mention.thread,
    }
