"""What is odd about the names that are set: misspelt, set twice in a file, in quotation marks.

A name is called misspelt only where it is clear what was meant: other programs have environments too. What
others call a setting is no mistake where botus has it as well. What only another program may have meant is
said by `doctor` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from botus.platforms.rows import PLATFORMS, WEBHOOK, X
from botus.settings.environment import Environment, other
from botus.settings.names import NAMES, SECRETS
from botus.settings.settings import Notice

ALL_SETTINGS = "see docs/settings.md"
# Said so, without a platform, many programs have them.
_COMMON = ("API_KEY", "API_SECRET", "ACCESS_KEY", "SCHEDULE", "DATA_DIR")
# A name that begins so is meant for botus; X_ and WEBHOOK_ begin many names of other programs.
_PREFIXES = ("BOTUS_", *(f"{one.name.upper()}_" for one in PLATFORMS if one not in (X, WEBHOOK)))
# What Docker and Kubernetes tell a container of the services beside it.
_OF_SERVICES = re.compile(r"\w+_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP)(?:_\w+)?)?)")
_ALIASES = {
    "CRON": "CRONTAB CRON_EXPRESSION CRON_SCHEDULE SCHEDULE",
    "TZ": "TIMEZONE TIME_ZONE CRON_TZ",
    "NOTIFY_URLS": "NOTIFY_URL",
    "PING_URL": "HEALTHCHECKS_URL",
    "BOTUS_DATA": "DATA_DIR",
}
_MEANT = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
_MEANT |= {alias: each.name for one in PLATFORMS for each in one.settings for alias in each.aliases}


def notices(environment: Environment) -> Iterator[Notice]:
    """Look at all names; no value ever comes out."""
    values, places = environment.values, environment.places
    for name in sorted(values.keys() & NAMES - {"CRON"}):  # which has a sentence of its own
        value = values[name].strip()
        if name not in places and len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            hint = "leave them out: docker's --env-file takes them literally"
            yield Notice(f"{name} has quotation marks around its value", hint, False)
    for name, place in environment.repeated.items():
        yield Notice(f"{place}: {name} is set a second time", "the last one counts: remove the others", True)
    for name, place in environment.hidden:
        if name in NAMES - {"BOTUS_DATA"}:  # which a container has of its own
            where = next((places[one] for one in (name, other(name)) if one in places), "the environment")
            yield Notice(f"{place}: {name} has no effect", f"what {where} says counts more", False)
    for name in sorted(values.keys() - NAMES):
        near = meant(name)
        is_spared = near in values and _alias(name) == near  # another program's, because ours is there too
        if (near or name.startswith(_PREFIXES)) and not (is_spared or _OF_SERVICES.fullmatch(name)):
            is_ours = name in places or name.startswith(_PREFIXES) or name not in _MEANT
            where = f"{places[name]}: " if name in places else ""
            hint = f"is {near} meant?" if near else ALL_SETTINGS
            message = f"{where}botus does not know {name}, which is set"
            yield Notice(message, hint, is_ours and near is not None)


def meant(name: str) -> str | None:
    """The setting that a name stands for, if that is clear."""
    return _alias(name) or next(_near(name.upper()), None) or next(_near(_plain(name)), None)


def _alias(name: str) -> str | None:
    """The setting that others call by this name, or that botus has without its prefix, or in capitals."""
    plain = _plain(name)
    if plain == name and plain in _COMMON:
        return None
    if plain.endswith("_FILE") and plain.removesuffix("_FILE") in NAMES - set(SECRETS):
        return plain.removesuffix("_FILE")
    found = _MEANT.get(plain, plain)
    return found if found in NAMES else None


def _plain(name: str) -> str:
    plain = re.sub(r"^(?:BOTUS_)?(?:TWITTER_|X_(?=API|CONSUMER|ACCESS))?", "", name.upper())
    return re.sub(r"^BSKY_", "BLUESKY_", plain)


def _near(name: str) -> Iterator[str]:
    """The settings that differ in letters; with a word more it is another program's name: CI_ACCESS_TOKEN."""
    near = get_close_matches(name, [one for one in NAMES if len(one) > 4], 3, 0.86)
    for one in (*near, *_with_the_letters_of(name)):
        if name.count("_") == one.count("_") or name.replace("_", "") == one.replace("_", ""):
            yield one


def _with_the_letters_of(name: str) -> list[str]:
    """The settings with the same letters in another order: CORN is too short to be like CRON."""
    return [one for one in NAMES if len(one) > 3 and one[0] == name[:1] and sorted(one) == sorted(name)]
