"""Whether the value of a setting is good, and what it means in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path

from botus.errors import SettingsError
from botus.schedule.slots import schedule_of, upcoming
from botus.schedule.zones import dated, find_zone
from botus.settings import NAMES, SECRETS, SETTINGS, Settings
from botus.settings.notices import meant

_ZONES = "/zoneinfo/"


def check(name: str, value: str) -> None:
    """Look at one value.

    Raises:
        SettingsError: it cannot be; says why.
    """
    if name == "CRON":
        schedule_of(Settings(Path(), cron=value))
    elif name == "TZ":
        find_zone(value)
    elif name in SETTINGS:
        try:
            SETTINGS[name].read(value)
        except ValueError as error:
            raise SettingsError([f"{name} {problem}" for problem in error.args]) from error


def in_words(name: str, values: Mapping[str, str], now: datetime) -> Iterator[str]:
    """Say what a schedule means, and when that is once its clock is known; of other settings nothing."""
    if name in ("CRON", "TZ") and "CRON" in values:
        zone = values.get("TZ", "UTC") if name == "TZ" else "UTC"
        schedule = schedule_of(Settings(Path(), cron=values["CRON"], zone=zone))
        if name == "CRON":
            yield f"That is {schedule.words()}."
            yield from schedule.warnings(Settings.max_per_day)
        else:
            times = [dated(moment, schedule.zone) for moment in islice(upcoming(schedule, now), 3)]
            yield f"The next posts: {', '.join(times)}"


def given(words: Iterable[str]) -> dict[str, str]:
    """Read NAME=VALUE words of the command line.

    Raises:
        SettingsError: a name or a value is wrong; all of them are said.
    """
    found, problems = {}, []
    for word in words:
        name, _, value = word.partition("=")
        near = meant(name)
        if name not in NAMES:
            problems.append(f"there is no setting {name}{f': is {near} meant?' if near else ''}")
        found[name] = value.strip()
    problems += wrong(found)
    if problems:
        raise SettingsError(problems, "see docs/settings.md")
    return found


def wrong(values: Mapping[str, str]) -> list[str]:
    """Everything that is wrong with values."""
    problems: list[str] = []
    for name, value in values.items():
        try:
            if value:
                check(name, value)
        except SettingsError as error:
            problems += error.problems
    both = [name for name in SECRETS if values.get(name) and values.get(f"{name}_FILE")]
    return problems + [f"{name} and {name}_FILE are both set: keep one of them" for name in both]


def exported(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that are exported, without the data folder, which is in the folder that is set up."""
    values = {name: environment.get(name, "").strip() for name in NAMES - {"BOTUS_DATA"}}
    return {name: value for name, value in values.items() if value}


def suggested() -> dict[str, str]:
    """What is suggested for a new bot, by name; of what is not here the default."""
    return {"CRON": "0 */4 * * *", "TZ": zone_of_machine(), "POST_ONLY": "reviewed"}


def zone_of_machine(link: Path = Path("/etc/localtime")) -> str:
    """The time zone that this machine is set to; UTC where it does not say."""
    name = str(link.resolve()).partition(_ZONES)[2].replace("Etc/UTC", "UTC")
    try:
        return find_zone(name or "UTC").key
    except SettingsError:
        return "UTC"
