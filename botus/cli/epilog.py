"""How every `--help` ends: with an example, and with the environment that the command reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from botus.platforms.rows import PLATFORMS, Setting
from botus.settings import OWN
from botus.text import choice

SCHEDULE = "cron zone jitter catch_up max_per_day"
ALL = " ".join(("accounts", *(one.argument for one in OWN)))
_PLATFORMS = [one for platform in PLATFORMS for one in platform.settings]


def epilog(example: str, reads: str = "") -> str:
    """Return the last paragraphs of a command's help.

    Args:
        example: a command line that does something as it stands.
        reads: what it takes from the environment besides BOTUS_DATA, with spaces between: fields of
            `Settings`, of which `accounts` is all that platforms have; `platforms` for a command that only
            wants to know which there are; and names in capitals as they are.
    """
    settings = [one for field in reads.split() for one in _settings(field)]
    variables = [name for name in reads.split() if name.isupper()]
    platforms = ["those of your platforms (botus post -h)"] if "platforms" in reads.split() else []
    names = ", ".join(["BOTUS_DATA", *map(_named, settings), *variables, *platforms])
    files = "; NAME_FILE is the path of a file with a secret" if any(one.secret for one in settings) else ""
    return f"\b\nExample: {example}\n\nEnvironment: {names}{files}"


def _settings(field: str) -> Iterator[Setting]:
    yield from _PLATFORMS if field == "accounts" else (one for one in OWN if one.argument == field)


def _named(setting: Setting) -> str:
    """Its name, and its values where they are few."""
    read = setting.read
    if isinstance(read, partial) and read.func is choice:
        return f"{setting.name}={'|'.join(read.args[0])}"
    return setting.name
