"""The only reader of the environment: names and values in, one frozen Settings out.

All problems are reported at once, by the setting's name and never by its value. Every secret may also come
from a file, named by NAME_FILE. An empty value counts as not set: that is how compose files leave things out.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from botus.errors import CredentialsError, SettingsError

PostOnly = Literal["any", "reviewed", "kept"]
PostOrder = Literal["random", "spaced", "file"]
Visibility = Literal["public", "unlisted", "private", "direct"]

_VISIBILITIES: tuple[Visibility, ...] = ("public", "unlisted", "private", "direct")
X_SECRETS = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")
SECRETS = (
    *X_SECRETS,
    "MASTODON_ACCESS_TOKEN",
    "BLUESKY_APP_PASSWORD",
    "WEBHOOK_URLS",
    "NOTIFY_URLS",
    "PING_URL",
)
_BLUESKY = "https://bsky.social"
_BASE_MODELS = "https://openaipublic.blob.core.windows.net/gpt-2/models"
_LANGUAGE = r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{1,8}){0,3}"
_NO_APPRISE = (
    " needs Apprise, which is not installed: pip install 'botus[webhook]',"
    " or build the image with --build-arg EXTRAS=webhook"
)
_NO_TOKENS = ("services", "webhooks", "localhost")
Choice = TypeVar("Choice", bound=str)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TRUE, _FALSE = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


@dataclass(frozen=True)
class XSettings:
    """X: OAuth 1.0a user context."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)
    base_url: str
    limit: int
    may_read: bool


@dataclass(frozen=True)
class MastodonSettings:
    """Mastodon, and servers that speak its API."""

    base_url: str
    access_token: str = field(repr=False)
    visibility: Visibility
    language: str | None
    content_warning: str | None


@dataclass(frozen=True)
class BlueskySettings:
    """Bluesky, or an own server of its kind."""

    handle: str
    app_password: str = field(repr=False)
    service: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Attributes:
        data: the data directory.
        x, mastodon, bluesky: the targets that have credentials.
        webhooks: Apprise URLs; each is a target.
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
    x: XSettings | None = None
    mastodon: MastodonSettings | None = None
    bluesky: BlueskySettings | None = None
    webhooks: tuple[str, ...] = field(default=(), repr=False)
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
    log_format: Literal["text", "json"] = "text"
    base_models: str = _BASE_MODELS
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def has_targets(self) -> bool:
        return bool(self.x or self.mastodon or self.bluesky or self.webhooks)

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
    x, x_missing = _x(reader)
    mastodon, mastodon_missing = _mastodon(reader)
    bluesky, bluesky_missing = _bluesky(reader)
    webhooks, notify_urls = _apprise(reader, "WEBHOOK_URLS"), _apprise(reader, "NOTIFY_URLS")
    ping_url = _ping_url(reader)
    settings = Settings(
        data=data or Path(reader.text("BOTUS_DATA") or "data"),
        x=x,
        mastodon=mastodon,
        bluesky=bluesky,
        webhooks=webhooks,
        notify_urls=notify_urls,
        ping_url=ping_url,
        low_queue=reader.duration("LOW_QUEUE", 3 * 86400.0),
        missing=(*x_missing, *mastodon_missing, *bluesky_missing),
        cron=reader.text("CRON"),
        zone=reader.text("TZ") or "UTC",
        jitter=reader.duration("JITTER", 0.0),
        catch_up=reader.truth("CATCH_UP", False),
        max_per_day=reader.number("MAX_PER_DAY", 48),
        post_only=reader.choice("POST_ONLY", ("any", "reviewed", "kept"), "any"),
        post_order=reader.choice("POST_ORDER", ("random", "spaced", "file"), "random"),
        log_format=reader.choice("LOG_FORMAT", ("text", "json"), "text"),
        base_models=reader.url("BASE_MODEL_URL", _BASE_MODELS),
        secrets=(
            *filter(None, map(reader.secret, SECRETS)),
            *_pieces(*webhooks, *notify_urls, ping_url or ""),
        ),
    )
    return settings, list(dict.fromkeys(reader.problems))


def log_format(environment: Mapping[str, str]) -> Literal["text", "json"]:
    """LOG_FORMAT alone, for whoever has to say that the settings are wrong."""
    return "json" if environment.get("LOG_FORMAT", "").strip().lower() == "json" else "text"


def _x(reader: _Reader) -> tuple[XSettings | None, tuple[str, ...]]:
    values = {name: reader.token(name) for name in X_SECRETS}
    base_url = reader.url("X_BASE_URL", "https://api.twitter.com")
    limit, may_read = reader.number("X_LIMIT", 280), reader.truth("X_READ", False)
    missing = tuple(name for name, value in values.items() if not value)
    if missing:
        return None, missing if len(missing) < len(X_SECRETS) else ()
    key, secret, token, token_secret = (str(value) for value in values.values())
    return XSettings(key, secret, token, token_secret, base_url, limit, may_read), ()


def _mastodon(reader: _Reader) -> tuple[MastodonSettings | None, tuple[str, ...]]:
    token, base_url = reader.token("MASTODON_ACCESS_TOKEN"), reader.url("MASTODON_BASE_URL", "")
    visibility = reader.choice("MASTODON_VISIBILITY", _VISIBILITIES, "unlisted")
    language, warning = reader.text("MASTODON_LANGUAGE"), reader.text("MASTODON_CW")
    if token and base_url:
        return MastodonSettings(base_url, token, visibility, language, warning), ()
    missing = {"MASTODON_BASE_URL": base_url, "MASTODON_ACCESS_TOKEN": token}
    names = tuple(name for name, value in missing.items() if not value)
    return None, names if len(names) == 1 else ()


def _bluesky(reader: _Reader) -> tuple[BlueskySettings | None, tuple[str, ...]]:
    handle = (reader.text("BLUESKY_HANDLE") or "").removeprefix("@").lower()
    password, service = reader.token("BLUESKY_APP_PASSWORD"), reader.url("BLUESKY_SERVICE", _BLUESKY)
    languages = tuple((reader.text("BLUESKY_LANGUAGE") or "").replace(",", " ").split())
    if handle and not re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*|did:[a-z]+:[a-z0-9._:%-]+", handle):
        reader.problems.append("BLUESKY_HANDLE is not a handle like name.bsky.social")
    if len(languages) > 3 or not all(re.fullmatch(_LANGUAGE, language) for language in languages):
        reader.problems.append("BLUESKY_LANGUAGE is not one to three codes like en or pt-BR")
    if handle and password:
        return BlueskySettings(handle, password, service, languages), ()
    missing = {"BLUESKY_HANDLE": handle, "BLUESKY_APP_PASSWORD": password}
    names = tuple(name for name, value in missing.items() if not value)
    return None, names if len(names) == 1 else ()


def _apprise(reader: _Reader, name: str) -> tuple[str, ...]:
    """Split a list of URLs where white space or a comma stands before a scheme: URLs may hold commas."""
    value = (reader.secret(name) or "").strip(" \t\r\n,")
    urls = re.split(r"[\s,]+(?=[A-Za-z][A-Za-z0-9+.-]*://)", value) if value else []
    for number, url in enumerate(urls, 1):
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[!-~]+", url):
            reader.problems.append(f"{name}: number {number} is not an Apprise URL like discord://ID/TOKEN")
    if urls and importlib.util.find_spec("apprise") is None:
        reader.problems.append(name + _NO_APPRISE)
    return tuple(dict.fromkeys(urls))


def _ping_url(reader: _Reader) -> str | None:
    url = reader.secret("PING_URL")
    if url and not re.fullmatch(r"https?://[^/?#\s][!-~]*", url):
        reader.problems.append("PING_URL is not a web address like https://hc-ping.com/ID")
    return url


def _pieces(*urls: str) -> Iterator[str]:
    """The URLs themselves, and what in them may be a token; host names are none, nor is what all have."""
    for url in filter(None, urls):
        yield url
        for piece in re.split(r"[/:@?&=,#]+", url.partition("://")[2]):
            if len(piece) > 7 and "." not in piece and piece not in _NO_TOKENS:
                yield piece


class _Reader:
    """Reads single settings and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        return self.environment.get(name, "").strip() or None

    def secret(self, name: str) -> str | None:
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

    def token(self, name: str) -> str | None:
        """A secret that has to stand in a header."""
        value = self.secret(name)
        if value and not re.fullmatch(r"[!-~]+", value):
            self.problems.append(f"{name} holds white space or letters that no secret has")
        return value

    def url(self, name: str, default: str) -> str:
        value = self.text(name) or default
        if not value:
            return value
        if "://" not in value:
            value = f"https://{value}"
        value = value.rstrip("/")
        if not _is_plain_address(value):
            self.problems.append(f"{name} is not a web address like https://example.social")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isdecimal() or int(value) < 1:
            self.problems.append(f"{name} is not a whole number above 0")
            return default
        return int(value)

    def duration(self, name: str, default: float) -> float:
        value = self.text(name)
        if value is None:
            return default
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", value.lower())
        if found is None:
            self.problems.append(f"{name} is not a time like 90s, 15m, 6h or 3d")
            return default
        return float(found[1]) * _UNITS.get(found[2], 1)

    def truth(self, name: str, default: bool) -> bool:
        value = (self.text(name) or "").lower()
        if value and value not in _TRUE + _FALSE:
            self.problems.append(f"{name} is neither yes nor no")
        return value in _TRUE if value else default

    def choice(self, name: str, choices: tuple[Choice, ...], default: Choice) -> Choice:
        value = (self.text(name) or default).lower()
        for choice in choices:
            if value == choice:
                return choice
        self.problems.append(f"{name} is none of: {', '.join(choices)}")
        return default


def _is_plain_address(value: str) -> bool:
    """Tell whether this is http or https, a host, perhaps a port and a path, and nothing else."""
    try:
        parts = urlsplit(value)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    others = parts.query or parts.fragment or parts.username or parts.password
    return plain and not others and re.fullmatch(r"[!-~]+", value) is not None
