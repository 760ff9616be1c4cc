"""Pings PING_URL after good slots, and tells the services of NOTIFY_URLS what needs their owner.

Its requests never delay a post by much, never fail one, and their own failures are said once. The ping is a
dead-man's switch: it goes out after a slot at which something was posted (or nothing was to be: a dry run,
MAX_PER_DAY) and nothing needs a person, so an empty queue or a dead network are noticed by its absence.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from botus import __version__, shutdown
from botus.errors import UNEXPECTED, BusyError, FileError, sentence
from botus.log import Say
from botus.monitoring.alerts import Facts, events, is_over
from botus.monitoring.checks.folder import preflight
from botus.monitoring.survey import Survey
from botus.platforms.rows import PLATFORMS, WEBHOOK
from botus.posting.http.exchange import describe
from botus.posting.target import Answer, Target, Timing
from botus.posting.targets.webhook import Webhook
from botus.schedule.loop import StepOutcome
from botus.schedule.slots import schedule_of
from botus.settings import Settings
from botus.store.durable import files
from botus.store.running import alerts
from botus.store.running.alerts import TRIES, Alerts

_MESSAGE, _PING = Timing((5.0, 10.0), 15.0), Timing((5.0, 5.0), 10.0)
_TOGETHER = 30.0  # seconds for all services at one slot; the others hear at the next
_DAY = 86400.0
_FOR_REVIEW = ("low", "empty")  # events that a review helps with

Invite = Callable[[Settings], str]
"""Makes an address that lets the owner into the page, once; nothing where no page runs."""


def listener(
    settings: Settings, targets: Mapping[str, Target], say: Say, invite: Invite = lambda settings: ""
) -> Callable[[StepOutcome], None]:
    """Return what `botus run` is to tell how each slot went."""
    return Notifier(settings, targets, time.time, say, invite).hear


@dataclass
class Notifier:
    """Hears what the loop did, and tells whoever should know; `clock` is seconds since the epoch."""

    settings: Settings
    targets: Mapping[str, Target]
    clock: Callable[[], float]
    say: Say
    invite: Invite = lambda settings: ""
    _complained: set[str] = field(default_factory=set)
    _memory: Alerts | None = None  # where the file cannot be written, this process remembers

    def hear(self, outcome: StepOutcome) -> None:
        """Take in what a step of the loop came to."""
        known = self._recall()
        facts = self._look(outcome, known)
        known.failed_slots, known.trouble = facts.failed_slots, facts.trouble
        known.empty = facts.ready == 0
        if shutdown.is_requested():
            self._keep(known)
            return
        if self.settings.notify_urls:
            self._tell(known, facts)
        else:
            known.told = {}
            self._keep(known)
        is_done = outcome.is_as_planned or (outcome.run is not None and bool(outcome.run.posted))
        if outcome.at_slot and self.settings.ping_url and is_done and facts.needs_nobody:
            problem = ping(self.settings.ping_url)
            said = f"PING_URL: {problem}; the next good slot tries again"
            self._complain("PING_URL", said if problem else "")

    # What is going on.

    def _look(self, outcome: StepOutcome, known: Alerts) -> Facts:
        per_day = schedule_of(self.settings).posts_per_day(self.settings.max_per_day)
        trouble = outcome.trouble
        # Only the next slot can show that such trouble is over.
        if not outcome.at_slot and known.trouble.startswith(UNEXPECTED):
            trouble = trouble or known.trouble
        survey = Survey(self.settings, self.targets)
        if not trouble:
            try:
                if known.trouble:  # is it over, or was it only not met again? Write as a slot does
                    list(preflight(self.settings.data))
                _ = survey.queue, survey.log, survey.intents, survey.memory
                trouble = sentence(survey.damage[0]) if survey.damage else ""
            except FileError as error:
                trouble = sentence(error)
        if trouble or survey.queue is None:
            return Facts(None, per_day, failed_slots=known.failed_slots, trouble=trouble)
        ready = survey.queue.ready
        failed = _failed_slots(outcome, known.failed_slots, ready)
        return Facts(ready, per_day, survey.stopped, survey.unknown, failed, held=survey.queue.held)

    # What is remembered.

    def _recall(self) -> Alerts:
        try:
            return self._memory or alerts.load(self.settings.data)
        except FileError as error:
            self.say(f"{error.message}: what still holds is told once more", "warning")
            self._memory = Alerts()
            return self._memory

    def _keep(self, known: Alerts) -> None:
        try:
            alerts.save(self.settings.data, known)
            self._memory = None
        except FileError:  # the loop has said it, or will
            self._memory = known

    # Telling.

    def _tell(self, known: Alerts, facts: Facts) -> None:
        try:
            with files.lock(self.settings.data, "news", holder="another botus that tells its owner"):
                known.told = self._recall().told  # the other one may have told something meanwhile
                self._tell_alone(known, facts)
        except BusyError:
            return
        except FileError:
            self._tell_alone(known, facts)

    def _tell_alone(self, known: Alerts, facts: Facts) -> None:
        low_days = self.settings.low_queue / _DAY
        now = events(facts, low_days, was_low="low" in known.told)
        known.end([event for event in known.told if is_over(event, now, facts)])
        if "empty" in now:
            now.pop("low", None)  # one message is enough; it may still be told when lines come in
        services = {service.account: service for service in map(_service, self.settings.notify_urls)}
        ends = time.monotonic() + _TOGETHER
        for account, service in services.items():
            due = [event for event in now if account in known.due(event, services, self.clock())]
            if due and time.monotonic() < ends and not shutdown.is_requested():
                self._tell_one(known, service, {event: now[event] for event in due})
        self._keep(known)

    def _tell_one(self, known: Alerts, service: Webhook, due: Mapping[str, str]) -> None:
        tries = [known.tried(event, service.account, self.clock()) for event in due]
        self._keep(known)
        name, answer = _name(service), _send(service, message(self.settings, self._sentences(due)))
        for told in tries:
            told.heard = answer.state == "posted"
        if answer.state == "posted":
            self.say(f"told {name}: {', '.join(due)}")
        again = "tried again later" if min(told.tries for told in tries) < TRIES else "not tried again"
        problem = f"NOTIFY_URLS: {name} could not be told ({answer.reason}); {again}"
        self._complain(name, problem if answer.state != "posted" else "")

    def _sentences(self, due: Mapping[str, str]) -> list[str]:
        link = self.invite(self.settings) if any(event in due for event in _FOR_REVIEW) else ""
        return [*due.values(), *([f"review here (good once, for five minutes): {link}"] if link else [])]

    def _complain(self, name: str, problem: str) -> None:
        """Say a problem of a service once, until a time without one."""
        if problem and name not in self._complained:
            self.say(problem, "warning")
        (self._complained.add if problem else self._complained.discard)(name)


def check(settings: Settings) -> Iterator[tuple[str, str]]:
    """Ask Apprise, without a request, whether it understands NOTIFY_URLS; yields names and what is wrong."""
    for service in map(_service, settings.notify_urls):
        answer = service.ready()
        yield _name(service), answer.reason if isinstance(answer, Answer) else ""


def try_out(settings: Settings) -> Iterator[tuple[str, str]]:
    """Send every service of NOTIFY_URLS a message; yields names and what went wrong, "" where nothing did."""
    text = message(settings, ["this is a test: alerts about this bot will come here"])
    for service in map(_service, settings.notify_urls):
        answer = _send(service, text)
        yield _name(service), "" if answer.state == "posted" else answer.reason


def ping(url: str) -> str:
    """Call an address once, and say what went wrong, without naming it; "" if nothing did."""
    from botus.posting.http.transport import Wire

    wire = Wire(_PING)
    session = wire.session()
    exchange = wire.ask(lambda: session.get(url, headers={"User-Agent": f"botus/{__version__}"}))
    return "" if exchange.good else describe(exchange, [url])


def message(settings: Settings, sentences: Iterable[str]) -> str:
    """Write what a service is told: which bot it is, and one line per event."""
    found = list(sentences)
    bot = f"botus, {_bot(settings)}"
    return f"{bot}: {found[0]}" if len(found) == 1 else "\n".join((f"{bot}:", *(f"- {one}" for one in found)))


def _bot(settings: Settings) -> str:
    """Which bot: in a container the folder alone would be the same for all."""
    accounts = []
    for one in PLATFORMS:
        if values := settings.accounts.get(one.name):
            known = str(values.get(one.identity, one.title))
            host = known.partition("://")[2].partition("/")[0] or known
            accounts += [Webhook(url).name for url in values["urls"]] if one is WEBHOOK else [host]
    return f"{', '.join(accounts) or 'dry run'} ({settings.data})"


def _failed_slots(outcome: StepOutcome, before: int, ready: int) -> int:
    """Slots in a row at which nothing went out, though there was something; an empty queue counts as none."""
    if outcome.run is None:
        return before
    if outcome.run.posted:
        return 0
    tried = outcome.run.chosen is not None or bool(outcome.run.failed) or ready > 0
    return before + (outcome.at_slot and tried)


def _service(url: str) -> Webhook:
    return Webhook(url, _MESSAGE)


def _name(service: Webhook) -> str:
    return service.name.partition("-")[2]


def _send(service: Webhook, text: str) -> Answer:
    ready = service.ready()
    if isinstance(ready, Answer):
        return ready
    # What a chat takes for a call to somebody (@everyone, <!here>) is broken with a space of no width.
    text = re.sub(r"@(?=\w)|<(?=[@!#&])", "\\g<0>\u200b", text)
    whole = text
    while service.limit and service.length(text) > service.limit:
        over = (service.length(text) - service.limit) // 4  # no character counts for more than four
        whole = whole[: -max(1, over)]
        text = whole + "…"
    return service.send(text, "", again=False)
