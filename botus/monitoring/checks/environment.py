"""Checks of the environment: settings that are wrong, that are misspelt, that have no effect.

No value ever comes out. A name is called misspelt only where it is clear what was meant and that is not set:
other programs have environments too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from botus.monitoring.checks.finding import Finding
from botus.platforms.rows import PLATFORMS, WEBHOOK, X
from botus.settings import NAMES, SECRETS, Settings

_ALL_SETTINGS = "see docs/settings.md"
# Said so, without a platform, many programs have them.
_COMMON = ("API_KEY", "API_SECRET", "ACCESS_KEY", "SCHEDULE", "DATA_DIR")
# A name that begins so is meant for botus; X_ and WEBHOOK_ begin many names of other programs.
_PREFIXES = ("BOTUS_", *(f"{one.name.upper()}_" for one in PLATFORMS if one not in (X, WEBHOOK)))
_ALIASES = {
    "CRON": "CRONTAB CRON_EXPRESSION CRON_SCHEDULE SCHEDULE",
    "TZ": "TIMEZONE TIME_ZONE CRON_TZ",
    "NOTIFY_URLS": "NOTIFY_URL",
    "PING_URL": "HEALTHCHECKS_URL",
    "BOTUS_DATA": "DATA_DIR",
}
_MEANT = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
_MEANT |= {alias: each.name for one in PLATFORMS for each in one.settings for alias in each.aliases}
# Which settings do nothing without which, besides those of a platform without its credentials.
_NEEDS = {
    "CRON": ("JITTER", "CATCH_UP", "MAX_PER_DAY", "PING_URL", "NOTIFY_URLS"),
    "NOTIFY_URLS": ("LOW_QUEUE",),
    "ANSWER": ("ANSWERS_PER_HOUR",),
}


def environment(variables: Mapping[str, str], settings: Settings, problems: list[str]) -> Iterator[Finding]:
    """Check names and values; `settings` is what was understood of them, `problems` what was not."""
    for problem in problems:
        yield Finding("problem", problem, _ALL_SETTINGS, 2)
    given = {name: value for name, value in variables.items() if value.strip()}
    mine = given.keys() & NAMES
    for name in sorted(mine - {"CRON"}):  # which has a sentence of its own
        value = given[name].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            hint = "leave them out: docker's --env-file takes them literally"
            yield Finding("warning", f"{name} has quotation marks around its value", hint)
    yield from _misspelt(given)
    if not problems:
        yield from _idle(mine, settings)
        yield Finding("ok", f"settings: {', '.join(sorted(mine)) or 'none'}")


def _misspelt(given: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(given.keys() - NAMES):
        meant = _meant(name)
        if meant not in given and (meant or name.startswith(_PREFIXES)):
            hint = f"is {meant} meant?" if meant else _ALL_SETTINGS
            yield Finding("warning", f"botus does not know {name}, which is set", hint)


def _meant(name: str) -> str | None:
    """The setting that a name stands for, if that is clear."""
    plain = re.sub(r"^(?:BOTUS_)?(?:TWITTER_|X_(?=API|CONSUMER|ACCESS))?", "", name.upper())
    plain = re.sub(r"^BSKY_", "BLUESKY_", plain)
    if plain == name and plain in _COMMON:
        return None
    if plain.endswith("_FILE") and plain.removesuffix("_FILE") in NAMES - set(SECRETS):
        return plain.removesuffix("_FILE")
    candidate = _MEANT.get(plain, plain)
    if candidate in NAMES:
        return candidate
    near = get_close_matches(plain, [one for one in NAMES if len(one) > 4], 1, 0.86)
    return near[0] if near else None


def _idle(mine: set[str], settings: Settings) -> Iterator[Finding]:
    needs = {
        one.credentials: tuple(each.name for each in one.settings if not each.required)
        for one in PLATFORMS
        if one.name not in settings.accounts
    }
    needs |= {needed: names for needed, names in _NEEDS.items() if needed not in mine}
    for needed, names in needs.items():
        if idle := [name for name in names if name in mine]:
            verb, them = ("has", "it") if len(idle) == 1 else ("have", "them")
            what = f"{', '.join(idle)} {verb} no effect without {needed}"
            yield Finding("warning", what, f"set {needed} too, or leave {them} out")
