"""Checks of the settings: wrong, misspelt, without effect, where each comes from, and who may read its file.

No value ever comes out.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from botus.monitoring.checks.finding import Finding
from botus.platforms.rows import PLATFORMS
from botus.settings import SECRETS, Settings

# Which settings do nothing without which, besides those of a platform without its credentials.
_NEEDS = {
    "CRON": ("JITTER", "CATCH_UP", "MAX_PER_DAY", "PING_URL", "NOTIFY_URLS"),
    "NOTIFY_URLS": ("LOW_QUEUE",),
    "ANSWER": ("ANSWERS_PER_HOUR",),
}


def environment(settings: Settings, problems: Sequence[str]) -> Iterator[Finding]:
    """Check names and values; `settings` is what was understood of them, `problems` what was not."""
    for problem in problems:
        yield Finding("problem", problem, "see docs/settings.md", 2)
    for notice in settings.notices:
        yield Finding("warning", notice.message, notice.hint)
    if not problems:
        yield from _idle(settings)
    names: dict[Path | None, list[str]] = {}
    for name, place in settings.places.items():
        names.setdefault(place.path if place else None, []).append(name)
    for path, some in names.items():
        if path is not None and any(name in SECRETS for name in some):
            yield from _open_to_others(path)
        if not problems:
            yield Finding("ok", f"settings{f' of {path}' if path else ''}: {', '.join(some)}")
    if not (names or problems):
        yield Finding("ok", "settings: none")


def _open_to_others(path: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o007:
        what = f"{path} holds secrets, and anybody on this machine may read it (mode {mode:03o})"
        yield Finding("warning", what, f"chmod 600 {path}")


def _idle(settings: Settings) -> Iterator[Finding]:
    needs = {
        one.credentials: tuple(each.name for each in one.settings if not each.required)
        for one in PLATFORMS
        if one.name not in settings.accounts
    }
    needs |= {needed: names for needed, names in _NEEDS.items() if needed not in settings.places}
    for needed, names in needs.items():
        if idle := [name for name in names if name in settings.places]:
            verb, them = ("has", "it") if len(idle) == 1 else ("have", "them")
            what = f"{', '.join(idle)} {verb} no effect without {needed}"
            yield Finding("warning", what, f"set {needed} too, or leave {them} out")
