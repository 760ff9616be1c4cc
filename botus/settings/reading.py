"""The only reader of the environment: names and values in, one frozen Settings out.

All problems are reported at once, by the setting's name and place and never by its value. Every secret may
also come from a file, named by NAME_FILE. An empty value counts as not set: that is how compose files leave
things out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from botus.errors import SettingsError
from botus.platforms.rows import PLATFORMS, Setting, split_urls
from botus.settings.environment import Environment, gather
from botus.settings.names import ADDRESSES, NAMES, OWN, SECRETS
from botus.settings.notices import notices
from botus.settings.secret_file import content
from botus.settings.settings import LogFormat, Settings
from botus.text import choice

_NO_TOKENS = ("services", "webhooks", "localhost")


def load(environment: Mapping[str, str], data: Path | None = None) -> Settings:
    """Read the settings, or raise a SettingsError that lists everything that is wrong.

    Args:
        environment: names and values, `os.environ` outside tests.
        data: the data directory of the command line, which wins over BOTUS_DATA.
    """
    settings, problems = read(environment, data)
    if problems:
        raise SettingsError(problems)
    return settings


def read(environment: Mapping[str, str], data: Path | None = None) -> tuple[Settings, list[str]]:
    """Read the settings, with defaults in place of what is wrong; returns everything that is wrong too."""
    return understand(gather(environment, data))


def understand(found: Environment) -> tuple[Settings, list[str]]:
    """Do the same with what has been gathered."""
    reader = _Reader(found)
    accounts, missing = _accounts(reader)
    settings = Settings(
        data=found.data,
        accounts=accounts,
        missing=missing,
        **reader.values(OWN),
        secrets=tuple(dict.fromkeys(_secrets(reader, found.values))),
        places={name: found.places.get(name) for name in sorted(found.values.keys() & NAMES)},
        notices=tuple(notices(found)),
    )
    return settings, list(dict.fromkeys([*found.problems, *reader.problems]))


def log_format(environment: Mapping[str, str], data: Path | None = None) -> LogFormat:
    """LOG_FORMAT alone, for whoever has to say that the settings are wrong."""
    try:
        value = gather(environment, data).values.get("LOG_FORMAT", "")
        found: LogFormat = choice(get_args(LogFormat), value.strip())
    except ValueError:
        return Settings.log_format
    return found


def _accounts(reader: _Reader) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    """The platforms that have all credentials, and what is missing of those that have some."""
    accounts, missing = {}, []
    for platform in PLATFORMS:
        values = reader.values(platform.settings)
        lacking = [
            one.name for one in platform.required if not values[one.argument] and one.name not in reader.wrong
        ]
        if not lacking:
            accounts[platform.name] = values
        elif len(lacking) < len(platform.required):
            missing += lacking
    return accounts, tuple(missing)


def _secrets(reader: _Reader, values: Mapping[str, str]) -> Iterator[str]:
    """Every secret, and what is one within the addresses of servers and proxies."""
    for name in SECRETS:
        yield from _pieces(reader.secret(name) or "")
    for name in ADDRESSES:  # a proxy of one's own may have a token in its path
        pieces = _pieces(values.get(name, "").strip())
        yield from (piece for piece in pieces if re.fullmatch(r"[^/]*[0-9][^/]*", piece))
    for name, value in values.items():
        if name.lower().endswith("_proxy") and "@" in value:
            user = value.rpartition("@")[0].rpartition("/")[2]
            yield from (user, user.partition(":")[2])


def _pieces(secret: str) -> Iterator[str]:
    """A secret, and what in its URLs may be a token; host names are none, nor is what all have."""
    urls = split_urls(secret) if "://" in secret else ()
    yield from (one for one in (secret, *urls) if one and not one.endswith("://"))  # with nothing behind it
    for url in urls:
        for piece in re.split(r"[/:@?&=,#]+", url.partition("://")[2]):
            if len(piece) > 7 and "." not in piece and piece not in _NO_TOKENS:
                yield piece


class _Reader:
    """Reads single settings and collects what is wrong with them."""

    def __init__(self, environment: Environment) -> None:
        self._values, self._places = environment.values, environment.places
        self.problems: list[str] = []
        self._contents: dict[str, bytes] = {}  # by path: what a pipe gave, it does not give again
        self.wrong: set[str] = set()  # names that are set, to what cannot be

    def values(self, settings: Iterable[Setting]) -> dict[str, Any]:
        """Return what settings say, by argument; the default where one is not set, or says what cannot be."""
        return {one.argument: self._value(one) for one in settings}

    def _value(self, setting: Setting) -> object:
        text = self.secret(setting.name) if setting.secret else self._text(setting.name)
        if text is None:
            return setting.default
        try:
            return setting.read(text)
        except ValueError as error:
            for problem in error.args:
                self._complain(setting.name, problem)
            self.wrong.add(setting.name)
            return setting.default

    def _text(self, name: str) -> str | None:
        return self._values.get(name, "").strip() or None

    def secret(self, name: str) -> str | None:
        """Return the text of a secret, from the environment or from the file that NAME_FILE names."""
        value, path = self._text(name), self._text(f"{name}_FILE")
        if value and path:
            self._complain(name, f"and {name}_FILE are both set: keep one of them")
        if path is None:
            return value
        try:
            if path not in self._contents:
                self._contents[path] = content(path)
            found = self._contents[path].decode("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            self._complain(f"{name}_FILE", f"names a file that cannot be read: {reason}")
            return None
        if not found:
            self._complain(f"{name}_FILE", "names a file that is empty")
        return found or None

    def _complain(self, name: str, problem: str) -> None:
        place = self._places.get(name)
        self.problems.append(f"{f'{place}: ' if place else ''}{name} {problem}")
