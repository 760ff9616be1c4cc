"""The only reader of the environment: names and values in, one frozen Settings out.

All problems are reported at once, by the setting's name and never by its value. Every secret may also come
from a file, named by NAME_FILE. An empty value counts as not set: that is how compose files leave things out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from botus.errors import CredentialsError, SettingsError
from botus.platforms import PLATFORMS, Limit, X, apprise_urls, split_urls
from botus.text import address, choice, duration, number, truth

PostOnly = Literal["any", "reviewed", "kept"]
PostOrder = Literal["random", "spaced", "file"]
LogFormat = Literal["text", "json"]

SECRETS = (
    *(setting.name for platform in PLATFORMS for setting in platform.settings if setting.secret),
    "NOTIFY_URLS",
    "PING_URL",
)
_BASE_MODELS = "https://openaipublic.blob.core.windows.net/gpt-2/models"
_NO_TOKENS = ("services", "webhooks", "localhost")
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Attributes:
        data: the data directory.
        accounts: by platform, where it has all credentials: the arguments of its target (of webhooks, all
            their URLs).
        notify_urls: Apprise URLs that hear what the owner should know.
        ping_url: the address to call after each good slot, None where there is none.
        low_queue: seconds; a queue that lasts less long is news for the owner.
        missing: what is missing where a target's credentials are incomplete.
        cron: the schedule, None where there is none.
        zone: name of the time zone.
        jitter: seconds by which a slot may be late.
        catch_up: whether one missed slot is made up for.
        max_per_day: most posts in 24 hours.
        base_models: the address of the folder that has the base models, one folder each.
    """

    data: Path
    accounts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    notify_urls: tuple[str, ...] = field(default=(), repr=False)
    ping_url: str | None = field(default=None, repr=False)
    low_queue: float = 3 * 86400.0
    missing: tuple[str, ...] = ()
    cron: str | None = None
    zone: str = "UTC"
    jitter: float = 0.0
    catch_up: bool = False
    max_per_day: int = 48
    post_only: PostOnly = "any"
    post_order: PostOrder = "random"
    log_format: LogFormat = "text"
    base_models: str = _BASE_MODELS
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
    """Read the settings.

    Args:
        environment: names and values, `os.environ` outside tests.
        data: the data directory of the command line, which wins over BOTUS_DATA.

    Raises:
        SettingsError: listing everything that is wrong.
    """
    settings, problems = read(environment, data)
    if problems:
        raise SettingsError(problems)
    return settings


def read(environment: Mapping[str, str], data: Path | None = None) -> tuple[Settings, list[str]]:
    """Read the settings as far as they go; arguments as for `load`.

    Returns:
        the settings, with defaults in place of what is wrong, and everything that is wrong.
    """
    reader = _Reader(environment)
    accounts, missing = _accounts(reader)
    settings = Settings(
        data=data or Path(reader.text("BOTUS_DATA") or "data"),
        accounts=accounts,
        notify_urls=reader.value("NOTIFY_URLS", apprise_urls, (), is_secret=True),
        ping_url=reader.value("PING_URL", _ping_url, None, is_secret=True),
        low_queue=reader.value("LOW_QUEUE", duration, 3 * 86400.0),
        missing=missing,
        cron=reader.text("CRON"),
        zone=reader.text("TZ") or "UTC",
        jitter=reader.value("JITTER", duration, 0.0),
        catch_up=reader.value("CATCH_UP", truth, False),
        max_per_day=reader.value("MAX_PER_DAY", number, 48),
        post_only=reader.value("POST_ONLY", partial(choice, get_args(PostOnly)), "any"),
        post_order=reader.value("POST_ORDER", partial(choice, get_args(PostOrder)), "random"),
        log_format=reader.value("LOG_FORMAT", partial(choice, get_args(LogFormat)), "text"),
        base_models=reader.value("BASE_MODEL_URL", address, _BASE_MODELS),
        secrets=tuple(piece for name in SECRETS for piece in _pieces(reader.secret(name) or "")),
    )
    return settings, list(dict.fromkeys(reader.problems))


def log_format(environment: Mapping[str, str]) -> LogFormat:
    """LOG_FORMAT alone, for whoever has to say that the settings are wrong."""
    return "json" if environment.get("LOG_FORMAT", "").strip().lower() == "json" else "text"


def _accounts(reader: _Reader) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    """The platforms that have all credentials, and what is missing of those that have some."""
    accounts, missing = {}, []
    for platform in PLATFORMS:
        values = {
            one.argument: reader.value(one.name, one.read, one.default, is_secret=one.secret)
            for one in platform.settings
        }
        lacking = [
            one.name for one in platform.required if not values[one.argument] and one.name not in reader.wrong
        ]
        if not lacking:
            accounts[platform.name] = values
        elif len(lacking) < len(platform.required):
            missing += lacking
    return accounts, tuple(missing)


def _ping_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/?#\s][!-~]*", value):
        raise ValueError("is not a web address like https://hc-ping.com/ID")
    return value


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
        self.environment = environment
        self.problems: list[str] = []
        self.wrong: set[str] = set()  # names that are set, to what cannot be

    def text(self, name: str) -> str | None:
        return self.environment.get(name, "").strip() or None

    def value(self, name: str, read: Callable[[str], T], default: T, *, is_secret: bool = False) -> T:
        """Return what a setting says; its default where it is not set, or says nothing that can be."""
        text = self.secret(name) if is_secret else self.text(name)
        if text is None:
            return default
        try:
            return read(text)
        except ValueError as error:
            self.problems += [f"{name} {problem}" for problem in error.args]
            self.wrong.add(name)
            return default

    def secret(self, name: str) -> str | None:
        """Return the text of a secret, from the environment or from the file that NAME_FILE names."""
        value, path = self.text(name), self.text(f"{name}_FILE")
        if value and path:
            self.problems.append(f"{name} and {name}_FILE are both set: keep one of them")
        if path is None:
            return value
        try:
            content = Path(path).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            self.problems.append(f"{name}_FILE names a file that cannot be read: {reason}")
            return None
        if not content:
            self.problems.append(f"{name}_FILE names a file that is empty")
        return content or None
