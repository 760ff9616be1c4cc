"""Pings PING_URL after good slots, and tells the services of NOTIFY_URLS what needs their owner.

In: what each step of the loop came to. Out: requests that never delay a post by much, never fail one, and
whose own failures are said once. Good is a slot after which nobody has to look: something was posted (or
nothing was to be: a dry run, MAX_PER_DAY) and nothing needs a person. So whoever waits for the ping in vain
hears of an empty queue and a dead network too. The one surprise: a ping that is missing is the message.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from botus import __version__, shutdown
from botus.errors import BusyError, FileError, sentence
from botus.log import Say
from botus.monitoring import attention
from botus.monitoring.alerts import Facts, events, is_over
from botus.monitoring.checks.folder import preflight
from botus.monitoring.queue_counts import count_queue
from botus.platforms import PLATFORMS, WEBHOOK
from botus.posting.http.exchange import describe
from botus.posting.target import Answer, Target, Timing
from botus.posting.targets.webhook import Webhook
from botus.schedule.loop import UNEXPECTED, Step, schedule_of
from botus.settings import Settings
from botus.store import alerts
from botus.store.alerts import TRIES, Alerts
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.state import StateFiles
from botus.store.tweeted import Log

_MESSAGE, _PING = Timing((5.0, 10.0), 15.0), Timing((5.0, 5.0), 10.0)
_TOGETHER = 30.0  # seconds for all services at one slot; the others hear at the next
_DAY = 86400.0


def listener(settings: Settings, targets: Mapping[str, Target], say: Say) -> Callable[[Step], None]:
    """Return what `botus run` is to tell how each slot went."""
    return Notifier(settings, targets, time.time, say).hear


@dataclass
class Notifier:
    """Hears what the loop did, and tells whoever should know.

    Attributes:
        settings: what the environment says.
        targets: where the bot posts.
        clock: seconds since the epoch.
        say: writes a log line.
    """

    settings: Settings
    targets: Mapping[str, Target]
    clock: Callable[[], float]
    say: Say
    _complained: set[str] = field(default_factory=set)
    _memory: Alerts | None = None  # where the file cannot be written, this process remembers

    def hear(self, step: Step) -> None:
        """Take in what a step of the loop came to."""
        known = self._recall()
        facts = self._look(step, known)
        known.failed_slots, known.trouble = facts.barren, facts.trouble
        known.empty = facts.ready == 0
        if shutdown.is_requested():
            self._keep(known)
            return
        if self.settings.notify_urls:
            self._tell(known, facts)
        else:
            known.told = {}
            self._keep(known)
        if step.at_slot and self.settings.ping_url and _is_good(step, facts):
            self._ping(self.settings.ping_url)

    # What is going on.

    def _look(self, step: Step, known: Alerts) -> Facts:
        per_day = schedule_of(self.settings).posts_per_day(self.settings.max_per_day)
        trouble = step.trouble
        if not step.at_slot and known.trouble.startswith(UNEXPECTED):
            trouble = trouble or known.trouble
        if trouble:
            return Facts(None, per_day, None, None, known.failed_slots, trouble)
        try:
            if known.trouble:
                self._write_as_a_slot_does()
            queue = count_queue(self.settings, self.targets)
            accounts = {name: target.account for name, target in self.targets.items()}
            stopped = attention.stopped_targets(StateFiles(self.settings.data).load(), accounts)
            entries, intents = Log(self.settings.data).entries(), Intents(self.settings.data).open()
            unknown = attention.unknown_posts(entries, intents)
        except FileError as error:
            return Facts(None, per_day, None, None, known.failed_slots, sentence(error))
        held = sum(queue.refused.get(kind, 0) for kind in ("held", "unreviewed"))
        barren = _barren(step, known.failed_slots, queue.ready)
        return Facts(queue.ready, per_day, stopped, unknown, barren, held=held)

    def _write_as_a_slot_does(self) -> None:
        """Find out whether trouble with the files is over, or was only not met again."""
        list(preflight(self.settings.data))

    # What is remembered.

    def _recall(self) -> Alerts:
        if self._memory is not None:
            return self._memory
        try:
            return alerts.load(self.settings.data)
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
            with files.lock(self.settings.data, "news", holder="another botus that tells the news"):
                known.told = self._recall().told  # the other one may have told something meanwhile
                self._tell_alone(known, facts)
        except BusyError:
            return
        except FileError:
            self._tell_alone(known, facts)

    def _tell_alone(self, known: Alerts, facts: Facts) -> None:
        low_days = self.settings.low_queue / _DAY
        now = events(facts, low_days, was_low=known.is_on("low"))
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
        name, answer = _name(service), _send(service, message(self.settings, due.values()))
        for told in tries:
            told.heard = answer.state == "posted"
        if answer.state == "posted":
            self._complained.discard(name)
            self.say(f"told {name}: {', '.join(due)}")
        elif name not in self._complained:
            self._complained.add(name)
            again = "tried again later" if min(told.tries for told in tries) < TRIES else "not tried again"
            self.say(f"NOTIFY_URLS: {name} could not be told ({answer.reason}); {again}", "warning")

    # Pinging.

    def _ping(self, url: str) -> None:
        problem = ping(url)
        if not problem:
            self._complained.discard("PING_URL")
        elif "PING_URL" not in self._complained:
            self._complained.add("PING_URL")
            self.say(f"PING_URL: {problem}; the next good slot tries again", "warning")


def check(settings: Settings) -> list[tuple[str, str]]:
    """Ask Apprise whether it understands NOTIFY_URLS, without a request.

    Returns:
        per service its name and what is wrong, "" if nothing is.
    """
    services = map(_service, settings.notify_urls)
    return [
        (_name(one), answer.reason if isinstance(answer := one.ready(), Answer) else "") for one in services
    ]


def try_out(settings: Settings) -> list[tuple[str, str]]:
    """Send every service of NOTIFY_URLS a message that says that this works.

    Returns:
        per service its name and what went wrong, "" if it took the message.
    """
    text = message(settings, ["this is a test: news about this bot will come here"])
    found = []
    for service in map(_service, settings.notify_urls):
        answer = _send(service, text)
        found.append((_name(service), "" if answer.state == "posted" else answer.reason))
    return found


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
            is_webhook = one is WEBHOOK
            accounts += [Webhook(url).name for url in values["urls"]] if is_webhook else [_host(known)]
    return f"{', '.join(accounts) or 'dry run'} ({settings.data})"


def _host(known: str) -> str:
    return known.partition("://")[2].partition("/")[0] or known


def _is_good(step: Step, facts: Facts) -> bool:
    did_its_work = step.is_as_planned or (step.outcome is not None and bool(step.outcome.posted))
    return did_its_work and facts.needs_nobody


def _barren(step: Step, before: int, ready: int) -> int:
    """Slots in a row at which nothing went out, though there was something; an empty queue counts as none."""
    outcome = step.outcome
    if outcome is None:
        return before
    if outcome.posted:
        return 0
    tried = step.at_slot and (outcome.chosen is not None or bool(outcome.failed) or ready > 0)
    return before + tried


def _service(url: str) -> Webhook:
    return Webhook(url, _MESSAGE)


def _name(service: Webhook) -> str:
    return service.name.partition("-")[2]


def _send(service: Webhook, text: str) -> Answer:
    ready = service.ready()
    if isinstance(ready, Answer):
        return ready
    text = _without_mentions(text)
    limit = service.limit or len(text)
    return service.send(text if len(text) <= limit else text[: limit - 1] + "…", "", again=False)


def _without_mentions(text: str) -> str:
    """Break what a chat takes for a call to somebody (@everyone, <!here>) with a space of no width."""
    return re.sub(r"@(?=\w)|<(?=[@!#&])", "\\g<0>\u200b", text)
