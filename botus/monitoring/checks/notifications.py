"""Checks of NOTIFY_URLS: whether Apprise understands them, and, if asked to, whether they take a message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from botus.monitoring.checks.finding import Finding


def notifications(
    checked: Iterable[tuple[str, str]], trial: Iterable[tuple[str, str]] | None
) -> Iterator[Finding]:
    """Check the services that are told what the owner should know.

    Args:
        checked: per service its name, and what is wrong with its URL, if anything.
        trial: per service its name, and why it did not take a message, if it did not; None for no trial.
    """
    services, form = list(checked), "see docs/tokens.md for its form"
    for name, problem in services:
        if problem:
            yield Finding("problem", f"NOTIFY_URLS: {name}: {problem}", form, 2)
        elif trial is None:
            yield Finding("ok", f"alerts go to {name}; to try it: botus doctor --notify")
    if trial is not None and not services:
        yield Finding("warning", "NOTIFY_URLS is not set: there is nobody to tell", "see docs/tokens.md")
    for name, problem in trial or ():
        if problem:
            said = f"NOTIFY_URLS: {name} did not take a message: {problem}"
            yield Finding("problem", said, "look at its URL, and try again", 5)
        else:
            yield Finding("ok", f"{name} took a message: see whether it has arrived")
