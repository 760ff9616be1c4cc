"""Every setting that belongs to no platform, how its value is read, and all names that mean something."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, get_args
from urllib.parse import urlsplit

from botus.platforms.rows import PLATFORMS, Setting, apprise_urls
from botus.settings.settings import AnswersFrom, AnswerWhom, LogFormat, PostOnly, PostOrder, Settings
from botus.text import address, choice, duration, number, truth


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


def _own(
    name: str, argument: str, read: Callable[[str], Any] = str, *, secret: bool = False, question: str = ""
) -> Setting:
    return Setting(name, argument, read, getattr(Settings, argument), secret=secret, question=question)


OWN = (
    _own(
        "NOTIFY_URLS",
        "notify_urls",
        apprise_urls,
        secret=True,
        question="who is told when it needs attention: Apprise URLs, such as ntfy://a-topic-nobody-guesses",
    ),
    _own(
        "PING_URL",
        "ping_url",
        _ping_url,
        secret=True,
        question="address to call after each good slot, such as https://hc-ping.com/ID",
    ),
    _own("WEB_LINK", "web_link", _page),
    _own("LOW_QUEUE", "low_queue", duration),
    _own("CRON", "cron", question="when to post: minute, hour, day of month, month, day of week"),
    _own("TZ", "zone", question="whose clock that is, such as Europe/Stockholm"),
    _own("JITTER", "jitter", duration),
    _own("CATCH_UP", "catch_up", truth),
    _own("MAX_PER_DAY", "max_per_day", number),
    _own(
        "POST_ONLY",
        "post_only",
        partial(choice, get_args(PostOnly)),
        question="which lines may go out: any, reviewed (not what botus wrote and nobody has seen) or kept",
    ),
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
SETTINGS = {one.name: one for one in (*OWN, *(each for platform in PLATFORMS for each in platform.settings))}
SECRETS = tuple(name for name, one in SETTINGS.items() if one.secret)
ADDRESSES = tuple(name for name, one in SETTINGS.items() if one.read is address)
NAMES = {"BOTUS_DATA", *SETTINGS, *(f"{name}_FILE" for name in SECRETS)}
"""Every name that has a meaning."""
