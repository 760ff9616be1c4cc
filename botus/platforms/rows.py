"""What botus knows of each platform before it asks it: limits, hosts, settings. One row per platform.

A row is read by the settings, by `generate` and `curate` (how long a post may be and how that is counted), by
the targets and by the checks. Adding a target is its row here and its module in `posting/targets`.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from botus.platforms.lengths import bluesky_length, mastodon_length, x_length
from botus.text import address, choice, number, truth

VISIBILITIES = ("public", "unlisted", "private", "direct")


@dataclass(frozen=True)
class Setting:
    """One setting of a platform.

    Attributes:
        name: in the environment.
        argument: by which the target takes it.
        read: makes the value of the text; a ValueError says what is wrong.
        default: where it is not set.
        required: without it there is no such target.
        secret: never shown, and may come from a file.
        aliases: what others call it; botus does not read them, it says which name is meant.
        question: what `init` asks; "" for what it does not ask.
    """

    name: str
    argument: str
    read: Callable[[str], Any] = str
    default: Any = ""
    required: bool = False
    secret: bool = False
    aliases: tuple[str, ...] = ()
    question: str = ""


@dataclass(frozen=True)
class Platform:
    """What is true of a platform, as far as it is known without asking it.

    Attributes:
        name: in the log and among the settings' accounts.
        title: in sentences.
        limit: the longest post, unless the platform or a setting for the argument `limit` says otherwise.
        length: how the platform counts a post.
        settings: in the order in which their problems are reported.
        credentials: what the required settings are called in a sentence.
        whence: where the owner gets them, in a sentence.
        rate: posts that it allows an account in 15 minutes, in words.
        identity: the argument by which an owner knows the account; "" where the title has to do.
        confirms: whether a lost post can be looked for; where not, it is counted and nobody is asked.
    """

    name: str
    title: str
    limit: int
    length: Callable[[str], int]
    settings: tuple[Setting, ...]
    credentials: str
    whence: str
    rate: str = ""
    identity: str = ""
    confirms: bool = True

    @property
    def required(self) -> list[Setting]:
        return [one for one in self.settings if one.required]

    @property
    def host(self) -> str:
        """Where it is unless a setting says otherwise; "" where only a setting can say."""
        return next((str(one.default) for one in self.settings if one.read is address), "")


class Limit(NamedTuple):
    """The longest post of one target."""

    platform: Platform
    most: int


def token(value: str) -> str:
    """Read a secret that has to stand in a header."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        raise ValueError("has quotation marks around it: leave them out")
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError("holds white space or letters that no secret has")
    return value


def apprise_urls(value: str) -> tuple[str, ...]:
    """Read Apprise URLs."""
    urls = split_urls(value)
    wrong = [str(place) for place, url in enumerate(urls, 1) if not _APPRISE_URL.fullmatch(url)]
    problems = (
        [f"holds what is no Apprise URL like discord://ID/TOKEN: number {', '.join(wrong)}"] if wrong else []
    )
    if urls and importlib.util.find_spec("apprise") is None:
        problems.append(
            "needs Apprise, which is not installed: pip install 'botus[webhook]',"
            " or build the image with --build-arg EXTRAS=webhook"
        )
    if problems:
        raise ValueError(*problems)
    return urls


_APPRISE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!-~]+")


def split_urls(value: str) -> tuple[str, ...]:
    """Split a list of URLs where white space or a comma stands before a scheme: URLs may hold commas."""
    value = value.strip(" \t\r\n,")
    urls = re.split(r"(?<![\s,])[\s,]++(?=[A-Za-z][A-Za-z0-9+.-]*://)", value) if value else []
    return tuple(dict.fromkeys(urls))


def _handle(value: str) -> str:
    handle = value.removeprefix("@").lower()
    if not re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*|did:[a-z]+:[a-z0-9._:%-]+", handle):
        what = (
            "an email address" if "@" in handle else "a name without its server" if "." not in handle else ""
        )
        raise ValueError(f"is not a handle like name.bsky.social{what and f': it is {what}'}")
    return handle


def _languages(value: str) -> tuple[str, ...]:
    codes = tuple(value.replace(",", " ").split())
    if len(codes) > 3 or not all(_LANGUAGE.fullmatch(code) for code in codes):
        raise ValueError("is not one to three codes like en or pt-BR")
    return codes


_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{1,8}){0,3}")


def _secret(
    name: str,
    argument: str,
    read: Callable[[str], Any] = token,
    default: object = "",
    aliases: tuple[str, ...] = (),
    *,
    question: str,
) -> Setting:
    return Setting(
        name, argument, read, default, required=True, secret=True, aliases=aliases, question=question
    )


_X_FREE = 280  # characters for accounts without X Premium

X = Platform(
    name="x",
    title="X",
    limit=_X_FREE,
    length=x_length,
    rate="X allows 100",
    credentials="the four secrets of X",
    whence="developer.x.com, as the bot: an app that may read and write, then Keys and tokens",
    settings=(
        _secret("CONSUMER_KEY", "consumer_key", aliases=("API_KEY",), question="API key"),
        _secret(
            "CONSUMER_SECRET",
            "consumer_secret",
            aliases=("API_KEY_SECRET", "API_SECRET", "API_SECRET_KEY", "CONSUMER_KEY_SECRET"),
            question="API key secret",
        ),
        _secret(
            "ACCESS_TOKEN",
            "access_token",
            aliases=("ACCESS_KEY", "ACCESS_TOKEN_KEY"),
            question="access token",
        ),
        _secret(
            "ACCESS_TOKEN_SECRET",
            "access_token_secret",
            aliases=("ACCESS_SECRET",),
            question="access token secret",
        ),
        Setting("X_BASE_URL", "base_url", address, "https://api.twitter.com"),
        Setting("X_LIMIT", "limit", number, _X_FREE),
        Setting("X_READ", "may_read", truth, False),
    ),
)
MASTODON = Platform(
    name="mastodon",
    title="Mastodon",
    limit=500,  # of a server that was not asked
    length=mastodon_length,
    rate="Mastodon about 450",  # 300 requests in 5 minutes, two of them a post
    credentials="MASTODON_ACCESS_TOKEN",
    whence="your server, as the bot: Preferences, Development, New application, with the scopes"
    " write:statuses, read:accounts and read:statuses",
    identity="base_url",
    settings=(
        Setting(
            "MASTODON_BASE_URL",
            "base_url",
            address,
            required=True,
            aliases=(
                "MASTODON_URL",
                "MASTODON_API_BASE_URL",
                "MASTODON_INSTANCE",
                "MASTODON_INSTANCE_URL",
                "MASTODON_SERVER",
                "MASTODON_HOST",
                "MASTODON_DOMAIN",
            ),
            question="server, such as https://mastodon.example",
        ),
        _secret(
            "MASTODON_ACCESS_TOKEN",
            "token",
            aliases=("MASTODON_TOKEN", "MASTODON_API_TOKEN", "MASTODON_API_KEY"),
            question="access token",
        ),
        Setting(
            "MASTODON_VISIBILITY",
            "visibility",
            partial(choice, VISIBILITIES),
            "unlisted",
            question="who sees the posts: public, unlisted (followers and the profile), private or direct",
        ),
        Setting("MASTODON_LANGUAGE", "language"),
        Setting("MASTODON_CW", "content_warning"),
    ),
)
BLUESKY = Platform(
    name="bluesky",
    title="Bluesky",
    limit=300,
    length=bluesky_length,
    credentials="BLUESKY_HANDLE",
    whence="bsky.app, as the bot: Settings, Privacy and security, App passwords",
    identity="handle",
    settings=(
        Setting(
            "BLUESKY_SERVICE",
            "service",
            address,
            "https://bsky.social",
            aliases=("BLUESKY_PDS", "BLUESKY_PDS_URL", "BLUESKY_SERVICE_URL"),
            question="server (PDS) that the account lives on",
        ),
        Setting(
            "BLUESKY_HANDLE",
            "handle",
            _handle,
            required=True,
            aliases=("BLUESKY_USERNAME", "BLUESKY_USER", "BLUESKY_IDENTIFIER"),
            question="handle, such as kettle.bsky.social",
        ),
        _secret("BLUESKY_APP_PASSWORD", "password", aliases=("BLUESKY_PASSWORD",), question="app password"),
        Setting("BLUESKY_LANGUAGE", "languages", _languages, ()),
    ),
)
WEBHOOK = Platform(
    name="webhook",
    title="webhooks",
    limit=2000,  # Discord's; Apprise knows the others, but it is not loaded for this
    length=len,
    credentials="WEBHOOK_URLS",
    whence="Discord, Slack, Telegram, Matrix and others; docs/tokens.md has the form of each URL",
    confirms=False,
    settings=(
        _secret(
            "WEBHOOK_URLS",
            "urls",
            apprise_urls,
            (),
            aliases=(
                "WEBHOOK_URL",
                "WEBHOOKS",
                "DISCORD_WEBHOOK",
                "DISCORD_WEBHOOK_URL",
                "SLACK_WEBHOOK_URL",
                "APPRISE_URLS",
            ),
            question="Apprise URLs, such as discord://ID/TOKEN, with spaces between them",
        ),
    ),
)
PLATFORMS = (X, MASTODON, BLUESKY, WEBHOOK)
"""In the order in which they are posted to."""


def confirms(target: str) -> bool:
    """Whether a lost post can be looked for, by the target's name in the log.

    A target that botus no longer knows may still have an account to look at.
    """
    name = target.partition("-")[0]
    return all(one.confirms for one in PLATFORMS if one.name == name)
