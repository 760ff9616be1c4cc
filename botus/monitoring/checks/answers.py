"""Checks of answering: may the tokens see who mentions the bot, and is there a line to answer with?

Asks the platforms, answers nobody. A check that succeeds clears a stop of answering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from botus.answering.mentions.inboxes import inboxes
from botus.answering.mentions.round import LOCK
from botus.answering.mentions.seen import Inbox
from botus.answering.mentions.summary import NOWHERE
from botus.answering.pool import EMPTY, Pool
from botus.errors import CredentialsError, TemporaryError
from botus.monitoring.checks.finding import Finding, guarded
from botus.settings import Settings
from botus.store.durable import files
from botus.store.state import AnsweringStates
from botus.text import counted


def answers(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    """Check what ANSWER asks for; nothing where it asks for nothing."""
    if settings.answer == "no":
        return
    found = inboxes(settings, clock)
    if not found:
        yield Finding("warning", NOWHERE, "leave ANSWER out, or set up one of the two: docs/tokens.md")
        return
    yield from guarded(lambda: _pool(settings))
    for name, inbox in found.items():
        yield from guarded(lambda name=name, inbox=inbox: _inbox(settings, name, inbox))  # type: ignore[misc]


def _pool(settings: Settings) -> Iterator[Finding]:
    usable = Pool.of(settings).count().usable
    if usable:
        most = f"at most {counted(settings.answers_per_hour, 'answer')} an hour"
        yield Finding("ok", f"answers: {counted(usable, 'line')} to answer with, {most}")
        return
    hint = "write some lines into it, one each, or press a in: botus curate"
    yield Finding("warning", EMPTY, hint)


def _inbox(settings: Settings, name: str, inbox: Inbox) -> Iterator[Finding]:
    if trouble := inbox.check():
        error = CredentialsError if trouble.needs_person else TemporaryError
        hint = "docs/answers.md says what it takes" if trouble.needs_person else "try again later"
        yield Finding("problem", f"answers on {name}: {trouble.reason}", hint, error.exit_code)
        return
    yield Finding("ok", f"answers on {name}: it can be seen who mentions the bot")
    states, target = AnsweringStates(settings.data), inbox.target
    if not states.path.exists():
        return
    with files.lock(settings.data, LOCK, wait=30.0, holder="botus run"):
        memory = states.load()
        if reason := memory.target(name, target.account, target.base_url).go_on():
            states.save(memory)
            yield Finding("ok", f"answers on {name}: they go on; they had stopped: {reason}")
