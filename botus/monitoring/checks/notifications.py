"""Checks of NOTIFY_URLS: whether Apprise understands them, and, if asked to, whether they take a message."""

from __future__ import annotations

from collections.abc import Iterator

from botus.monitoring import notify
from botus.monitoring.checks.finding import Finding
from botus.settings import Settings


def news(settings: Settings, *, send: bool) -> Iterator[Finding]:
    """Check the services that hear what the owner should know.

    Args:
        send: send each of them a message.
    """
    form = "see docs/tokens.md for its form"
    for name, problem in notify.check(settings):
        if problem:
            yield Finding("problem", f"NOTIFY_URLS: {name}: {problem}", form, 2)
        elif not send:
            yield Finding("ok", f"news go to {name}; to try it: botus doctor --notify")
    if send:
        yield from _trial(settings)


def _trial(settings: Settings) -> Iterator[Finding]:
    if not settings.notify_urls:
        yield Finding("warning", "NOTIFY_URLS is not set: there is nobody to tell", "see docs/tokens.md")
    for name, problem in notify.try_out(settings):
        if problem:
            said = f"NOTIFY_URLS: {name} did not take a message: {problem}"
            yield Finding("problem", said, "look at its URL, and try again", 5)
        else:
            yield Finding("ok", f"{name} took a message: see whether it has arrived")
