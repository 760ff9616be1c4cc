"""The only reader of the environment: names and values in, one frozen Settings out.

All problems are reported at once, by the setting's name and never by its value. Every secret may also come
from a file, named by NAME_FILE. An empty value counts as not set: that is how compose files leave things out.
"""

from __future__ import annotations

import os
import re
import select
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from botus.errors import CredentialsError, SettingsError
from botus.platforms.rows import PLATFORMS, Limit, Setting, X, apprise_urls, split_urls
from botus.text import address, choice, duration, number, truth

PostOnly = Literal["any", "reviewed", "kept"]
PostOrder = Literal["random", "spaced", "file"]
AnswerWhom = Literal["no", "mentions"]
AnswersFrom = Literal["picked", "posted"]
LogFormat = Literal["text", "json"]

_BASE_MODELS = "https://openaipublic.blob.core.windows.net/gpt-2/models"
_DISCORD = "https://discord.com/api/v10"
_LONGEST_SECRET, _PATIENCE = 1 << 16, 30  # bytes, seconds
_NO_TOKENS = ("services", "webhooks", "localhost")


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Attributes:
        data: the data directory.
        accounts: by platform, where it has all credentials: the arguments of its target (of webhooks, all
            their URLs).
        missing: what is missing where a target's credentials are incomplete.
        notify_urls: Apprise URLs that hear what the owner should know.
        ping_url: the address to call after each good slot, None where there is none.
        web_link: the address of the page of `botus web`, for what the owner hears; "" for no link.
        low_queue: seconds; a queue that lasts less long is an alert.
        cron: the schedule, None where there is none.
        jitter: seconds by which a slot may be late.
        catch_up: whether one missed slot is made up for.
        max_per_day: most posts in 24 hours.
        answer: whom `botus run` answers.
        answers_per_hour: most answers in an hour, to all of them.
        answers_from: whether posts that were posted are answers besides what was picked for that.
        base_models: the address of the folder that has the base models, one folder each.
        serve_token: what programs say that may ask `botus serve`; None where everybody may.
        slack_signing_secret, discord_public_key: by which requests of Slack and Discord are known.
        discord_application_id, discord_bot_token, discord_api: to tell Discord that there is a command.
        secrets: every secret and what in it may be a token, to be censored.
    """

    data: Path
    accounts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    notify_urls: tuple[str, ...] = field(default=(), repr=False)
    ping_url: str | None = field(default=None, repr=False)
    web_link: str = ""
    low_queue: float = 3 * 86400.0
    missing: tuple[str, ...] = ()
    cron: str | None = None
    zone: str = "UTC"
    jitter: float = 0.0
    catch_up: bool = False
    max_per_day: int = 48
    post_only: PostOnly = "any"
    post_order: PostOrder = "random"
    answer: AnswerWhom = "no"
    answers_per_hour: int = 6
    answers_from: AnswersFrom = "picked"
    log_format: LogFormat = "text"
    base_models: str = _BASE_MODELS
    serve_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    discord_public_key: str = ""
    discord_application_id: str = ""
    discord_bot_token: str | None = field(default=None, repr=False)
    discord_api: str = _DISCORD
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def has_targets(self) -> bool:
        return bool(self.accounts)

    def limits(self) -> list[Limit]:
        """How long a post may be for each target, for X where there are none."""
        return [
            Limit(one, self.accounts.get(one.name, {}).get("limit", one.limit))
            for one in PLATFORMS
            if one.name in (self.accounts or (X.name,))
        ]

    def require_complete(self) -> None:
        """Raise CredentialsError where a target has some of its credentials but not all."""
        if self.missing:
            raise CredentialsError(
                "incomplete credentials: " + ", ".join(self.missing) + " missing",
                "set what is missing, or remove the others of that platform",
            )


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
    reader = _Reader(environment)
    accounts, missing = _accounts(reader)
    settings = Settings(
        data=data or Path(environment.get("BOTUS_DATA", "").strip() or "data"),
        accounts=accounts,
        missing=missing,
        **reader.values(OWN),
        secrets=tuple(dict.fromkeys(_secrets(reader, environment))),
    )
    return settings, list(dict.fromkeys(reader.problems))


def log_format(environment: Mapping[str, str]) -> LogFormat:
    """LOG_FORMAT alone, for whoever has to say that the settings are wrong."""
    try:
        found: LogFormat = choice(get_args(LogFormat), environment.get("LOG_FORMAT", "").strip())
    except ValueError:
        return Settings.log_format
    return found


def _ping_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/?#\s][!-~]*", value):
        raise ValueError("is not a web address like https://hc-ping.com/ID")
    return value


def _public_key(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", value):
        raise ValueError("is no public key: it has 64 hexadecimal digits, on the application's first page")
    return value


def _snowflake(value: str) -> str:
    if not re.fullmatch(r"[0-9]{15,22}", value):
        raise ValueError("is no number of an application: it has about 19 digits")
    return value


def _page(value: str) -> str:
    found = address(value)
    if urlsplit(found).path:
        raise ValueError("has a path: the page is at the root of a name of its own, like https://bot.example")
    return found


def _own(name: str, argument: str, read: Callable[[str], Any] = str, *, secret: bool = False) -> Setting:
    return Setting(name, argument, read, getattr(Settings, argument), secret=secret)


OWN = (
    _own("NOTIFY_URLS", "notify_urls", apprise_urls, secret=True),
    _own("PING_URL", "ping_url", _ping_url, secret=True),
    _own("WEB_LINK", "web_link", _page),
    _own("LOW_QUEUE", "low_queue", duration),
    _own("CRON", "cron"),
    _own("TZ", "zone"),
    _own("JITTER", "jitter", duration),
    _own("CATCH_UP", "catch_up", truth),
    _own("MAX_PER_DAY", "max_per_day", number),
    _own("POST_ONLY", "post_only", partial(choice, get_args(PostOnly))),
    _own("POST_ORDER", "post_order", partial(choice, get_args(PostOrder))),
    _own("ANSWER", "answer", partial(choice, get_args(AnswerWhom))),
    _own("ANSWERS_PER_HOUR", "answers_per_hour", number),
    _own("ANSWERS_FROM", "answers_from", partial(choice, get_args(AnswersFrom))),
    _own("LOG_FORMAT", "log_format", partial(choice, get_args(LogFormat))),
    _own("BASE_MODEL_URL", "base_models", address),
    _own("SERVE_TOKEN", "serve_token", secret=True),
    _own("SLACK_SIGNING_SECRET", "slack_signing_secret", secret=True),
    _own("DISCORD_PUBLIC_KEY", "discord_public_key", _public_key),
    _own("DISCORD_APPLICATION_ID", "discord_application_id", _snowflake),
    _own("DISCORD_BOT_TOKEN", "discord_bot_token", secret=True),
    _own("DISCORD_API", "discord_api", address),
)
"""The settings that belong to no platform; their defaults are those of `Settings`."""
_ALL = [*OWN, *(one for platform in PLATFORMS for one in platform.settings)]
SECRETS = tuple(one.name for one in _ALL if one.secret)
_ADDRESSES = tuple(one.name for one in _ALL if one.read is address)
NAMES = {"BOTUS_DATA", *(one.name for one in _ALL), *(f"{name}_FILE" for name in SECRETS)}
"""Every name that has a meaning."""


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


def _secrets(reader: _Reader, environment: Mapping[str, str]) -> Iterator[str]:
    """Every secret, and what is one within the addresses of servers and proxies."""
    for name in SECRETS:
        yield from _pieces(reader.secret(name) or "")
    for name in _ADDRESSES:  # a proxy of one's own may have a token in its path
        pieces = _pieces(environment.get(name, "").strip())
        yield from (piece for piece in pieces if re.fullmatch(r"[^/]*[0-9][^/]*", piece))
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and "@" in value:
            user = value.rpartition("@")[0].rpartition("/")[2]
            yield from (user, user.partition(":")[2])


def _pieces(secret: str) -> Iterator[str]:
    """A secret, and what in its URLs may be a token; host names are none, nor is what all have."""
    if secret:
        yield secret
    for url in split_urls(secret) if "://" in secret else ():
        yield url
        for piece in re.split(r"[/:@?&=,#]+", url.partition("://")[2]):
            if len(piece) > 7 and "." not in piece and piece not in _NO_TOKENS:
                yield piece


class _Reader:
    """Reads single settings and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
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
            self.problems += [f"{setting.name} {problem}" for problem in error.args]
            self.wrong.add(setting.name)
            return setting.default

    def _text(self, name: str) -> str | None:
        return self._environment.get(name, "").strip() or None

    def secret(self, name: str) -> str | None:
        """Return the text of a secret, from the environment or from the file that NAME_FILE names."""
        value, path = self._text(name), self._text(f"{name}_FILE")
        if value and path:
            self.problems.append(f"{name} and {name}_FILE are both set: keep one of them")
        if path is None:
            return value
        try:
            if path not in self._contents:
                self._contents[path] = _content(path)
            content = self._contents[path].decode("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            self.problems.append(f"{name}_FILE names a file that cannot be read: {reason}")
            return None
        if not content:
            self.problems.append(f"{name}_FILE names a file that is empty")
        return content or None


def _content(path: str) -> bytes:
    """Read a file with a secret, or a pipe into which a manager of secrets writes one before long."""
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise OSError(0, "a folder" if stat.S_ISDIR(mode) else "neither a file nor a pipe")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = b""
        while len(found) <= _LONGEST_SECRET:
            if not select.select([descriptor], [], [], _PATIENCE)[0]:
                raise OSError(0, f"nothing came through the pipe in {_PATIENCE} seconds")
            piece = os.read(descriptor, _LONGEST_SECRET)
            if not piece:
                return found
            found += piece
        raise OSError(0, "too long to be a secret")
    finally:
        os.close(descriptor)
